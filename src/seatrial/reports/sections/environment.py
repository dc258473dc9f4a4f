"""The place of the run, and how it was called."""

from dataclasses import dataclass

from seatrial.reports.sections.section import Layout, Section
from seatrial.results import Environment


@dataclass(frozen=True)
class EnvironmentView:
    """The environment, and whether the machine was too busy for its times to mean much."""

    environment: Environment
    busy: bool


def _lay_out(layout: Layout) -> EnvironmentView | None:
    found = layout.result.environment
    if found is None:
        return None
    return EnvironmentView(found, max(found.load_average or (0.0,)) > 2 * found.cpus)


ENVIRONMENT = Section("environment", _lay_out)
