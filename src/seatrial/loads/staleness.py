"""The time that a change stays unseen: from its commit to the first fresh read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.loads.stats import Arrival

CHANGED = "changed"
"""The outcome of an arrival that changed its entity; its version is the one that it made."""


@dataclass(frozen=True)
class Staleness:
    """One change of an entity, by the reads of it. Times are seconds.

    The truth lies between the two: the last read that still showed the old state was sent so long
    after the commit, and the first that showed the new one was answered so long after it.
    """

    key: int
    committed_s: float
    """The time at which the change was acknowledged; it was committed by then."""
    stale_for_s: float
    """0 where no read after the commit showed the old state."""
    fresh_after_s: float | None
    """None: nobody read the entity again, or nobody saw the change."""


def staleness(arrivals: Sequence[Arrival]) -> tuple[Staleness, ...]:
    """Return each change of a run, in the order of their commits."""
    reads: dict[int, list[Arrival]] = defaultdict(list)
    for one in arrivals:
        if one.kind == "read" and one.ok and one.version is not None:
            reads[one.key].append(one)
    changes = [one for one in arrivals if one.outcome == CHANGED and one.version is not None]
    found = [_of_change(change, reads[change.key]) for change in changes]
    return tuple(sorted(found, key=lambda one: one.committed_s))


def _of_change(change: Arrival, reads: Iterable[Arrival]) -> Staleness:
    assert change.answered_s is not None
    assert change.version is not None
    committed_s = change.answered_s
    stale_s, fresh_s = 0.0, None
    for read in reads:
        assert read.answered_s is not None
        assert read.version is not None
        if read.version < change.version:
            stale_s = max(stale_s, read.sent_s - committed_s)
        elif fresh_s is None or read.answered_s < fresh_s:
            fresh_s = read.answered_s
    after_s = None if fresh_s is None else max(0.0, fresh_s - committed_s)
    return Staleness(change.key, committed_s, max(0.0, stale_s), after_s)
