"""`seatrial chaos kinds EDGE`: each kind of failure, and what the edge's consumer makes of it."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.scenarios import ScenarioRun

TITLES = ("failure", "is tried again", "counts towards the breaker")


def table_of_kinds(runs: "Iterable[ScenarioRun]") -> Iterator[tuple[str, str, str]]:
    """Each kind's row."""
    from seatrial.checks import kind_rows

    for run in runs:
        for row in kind_rows(run.evidence):
            cells = [f"{one.verdict}: {one.explanation}" for one in (row.retried, row.counted)]
            yield row.kind.meaning, cells[0], cells[1]
