"""Where the spans of a timeline are drawn, so that those of one moment don't hide each other."""

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.results import Span

_MOST_ROWS = 10
"""Of one lane; more at once are drawn over each other."""
_THINNEST = 0.006
"""Of the whole time: what a span takes at least, so that the eye sees short ones apart."""


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
    thinnest_s = _THINNEST * (
        max(span.end_s for span in spans) - min(span.start_s for span in spans)
    )
    placed: list[Placed] = []
    top = 0
    for lane in lanes:
        free_at_s: list[float] = []
        placed.extend(
            Placed(span, top + _take_row(free_at_s, span, thinnest_s))
            for span in spans
            if span.lane == lane
        )
        top += len(free_at_s)
    return placed


def _take_row(free_at_s: list[float], span: Span, thinnest_s: float) -> int:
    row = next((i for i, at_s in enumerate(free_at_s) if at_s <= span.start_s), len(free_at_s))
    if row == _MOST_ROWS:
        row = free_at_s.index(min(free_at_s))
    if row == len(free_at_s):
        free_at_s.append(0.0)
    free_at_s[row] = max(free_at_s[row], span.end_s, span.start_s + thinnest_s)
    return row
