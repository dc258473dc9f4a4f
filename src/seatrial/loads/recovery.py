"""The time from a fault's end until all is well again."""

from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.loads.evidence import LoadEvidence, is_good
from seatrial.loads.stats import Arrival

_NEXT = 20
"""This many arrivals must be well in a row, or nearly."""
_NEARLY = 0.95
"""Of the share that was answered well before the fault."""


@dataclass(frozen=True)
class Recovery:
    """The time after one fault. Times are seconds."""

    fault: str
    took_s: float | None
    """From the fault's end to the arrival from which on all was well; None: not in the run."""
    after_s: float
    """The time that the run went on after it."""


def recoveries(evidence: LoadEvidence, deadline_s: float | None) -> tuple[Recovery, ...]:
    """One for each fault that ended while requests were sent."""
    rows = sorted(evidence.run.stats.arrivals, key=lambda one: one.intended_s)
    if not rows or not evidence.faults:
        return ()
    first_s = min(one.began_s for one in evidence.faults)
    before = [is_good(one, deadline_s) for one in rows if one.intended_s < first_s]
    wanted = _NEARLY * (sum(before) / len(before) if before else 1.0)
    found = []
    for fault in evidence.faults:
        others = (one.began_s for one in evidence.faults if one.began_s > fault.ended_s)
        until_s = min(others, default=float("inf"))
        after = [one for one in rows if fault.ended_s <= one.intended_s < until_s]
        if len(after) >= _NEXT:
            found.append(_recovery(fault.name, fault.ended_s, after, wanted, deadline_s))
    return tuple(found)


def _recovery(
    name: str, end_s: float, after: Sequence[Arrival], wanted: float, deadline_s: float | None
) -> Recovery:
    """Return the recovery; the last bad window decides, so that a short lull isn't one."""
    good = [is_good(one, deadline_s) for one in after]
    lasts_s = after[-1].intended_s - end_s
    last_bad = -1
    count = sum(good[:_NEXT])
    for at in range(len(good) - _NEXT + 1):
        if count < wanted * _NEXT:
            last_bad = at
        if at + _NEXT < len(good):
            count += good[at + _NEXT] - good[at]
    if last_bad == len(good) - _NEXT:
        return Recovery(name, None, lasts_s)
    # In the window after the last bad one, wait for the first that is good itself.
    begin = last_bad + 1
    while not good[begin]:
        begin += 1
    took_s = 0.0 if last_bad < 0 else after[begin].intended_s - end_s
    return Recovery(name, took_s, lasts_s)
