"""What changed since an earlier result."""

from dataclasses import dataclass

from seatrial.reports.changes import change_summary
from seatrial.reports.sections.section import Layout, Section
from seatrial.results import Changes


@dataclass(frozen=True)
class ChangesView:
    """The changes, counted."""

    changes: Changes
    summary: str


def _lay_out(layout: Layout) -> ChangesView | None:
    changes = layout.result.changes
    return ChangesView(changes, change_summary(changes)) if changes else None


CHANGES = Section("changes", _lay_out)
