"""The sections of the page, in its order. A new one is a module here, a template and a row."""

from seatrial.reports.sections.changes import CHANGES
from seatrial.reports.sections.environment import ENVIRONMENT
from seatrial.reports.sections.explored import EXPLORED
from seatrial.reports.sections.failures import FAILURES
from seatrial.reports.sections.figures import FIGURES
from seatrial.reports.sections.inferred import INFERRED
from seatrial.reports.sections.pillars import PILLARS
from seatrial.reports.sections.section import Layout, Section

SECTIONS: tuple[Section, ...] = (
    CHANGES,
    FAILURES,
    EXPLORED,
    INFERRED,
    PILLARS,
    FIGURES,
    ENVIRONMENT,
)

__all__ = ["SECTIONS", "Layout", "Section"]
