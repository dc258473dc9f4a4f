"""Where the spans of a timeline are drawn, so that those of one moment don't hide each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.results import Span

_MOST_ROWS = 10
"""Of one lane; more at once are drawn over each other."""
_GAP = 0.004
"""Of the whole time, between two spans in a row: they must be told apart with the eye."""


@dataclass(frozen=True)
class Placed:
    """A span and its row, counted from the top of the picture."""

    span: Span
    row: int


def place(spans: Sequence[Span], lanes: Sequence[str]) -> list[Placed]:
    """Give each span the first row of its lane that is free when it begins.

    Args:
        spans: In order of their starts.
        lanes: From top to bottom; spans of other lanes are left out.

    Returns:
        The spans lane by lane.
    """
    if not spans:
        return []
    gap_s = _GAP * (max(span.end_s for span in spans) - min(span.start_s for span in spans))
    placed: list[Placed] = []
    top = 0
    for lane in lanes:
        free_at_s: list[float] = []
        for span in spans:
            if span.lane == lane:
                placed.append(Placed(span, top + _take_row(free_at_s, span, gap_s)))
        top += len(free_at_s)
    return placed


def _take_row(free_at_s: list[float], span: Span, gap_s: float) -> int:
    row = next((i for i, at_s in enumerate(free_at_s) if at_s <= span.start_s), len(free_at_s))
    if row == _MOST_ROWS:
        row = free_at_s.index(min(free_at_s))
    if row == len(free_at_s):
        free_at_s.append(0.0)
    free_at_s[row] = max(free_at_s[row], span.end_s + gap_s)
    return row
