"""The calls that a right cache would have made to its origin, from what was sent."""

import math
import statistics
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, NamedTuple

from seatrial.loads.stats import Arrival


class Counting(Enum):
    """From when a time to live counts. Both are right; a declared TTL doesn't say which."""

    ASKED = "asked"
    """From the question: what is served was true within the TTL. The most upstream calls."""
    ANSWERED = "answered"
    """From the answer, as most caches do. The fewest upstream calls."""


class CacheLookup(NamedTuple):
    """One request for an entry; times are seconds on one clock."""

    sent_s: float
    key: str | int
    answered_s: float | None
    """When the answer was there, should this one have fetched; None when there was none to keep."""
    phase: str = ""


class OriginChange(NamedTuple):
    """An entry was changed at its origin at a time, or, without a key, all of them were lost."""

    at_s: float
    key: str | int | None


Fate = Literal["upstream", "joined", "hit"]


@dataclass(frozen=True)
class Replay:
    """The lookups as a right cache would have served them; the three add up to all of them."""

    upstream: int
    """Fetched from the origin."""
    joined: int
    """Waited for a fetch of the same entry that was on its way (single flight)."""
    hits: int
    """Served from a fresh entry."""
    counts: Counter[tuple[str, Fate]] = field(default_factory=Counter, compare=False)
    """The same by phase."""
    fetched_s: tuple[float, ...] = field(default=(), compare=False)
    """The time at which each of the fetches began."""

    def of_phase(self, phase: str) -> "Replay":
        """Return how the lookups of one phase were served, with what the earlier ones had left."""
        upstream, joined, hits = (
            self.counts[phase, fate] for fate in ("upstream", "joined", "hit")
        )
        return Replay(upstream, joined, hits)


def replay(
    lookups: Iterable[CacheLookup],
    ttl_s: float,
    *,
    counting: Counting = Counting.ASKED,
    max_entries: int | None = None,
    warm_at_s: float | None = None,
    edits: Iterable[OriginChange] = (),
    refreshes: bool = False,
) -> Replay:
    """Serve lookups from a map whose entries expire.

    Args:
        lookups: in any order.
        ttl_s: the declared time to live, seconds.
        counting: from when it counts.
        max_entries: the declared bound, with the least recently used entry leaving first.
        warm_at_s: a time at which every entry is taken as just fetched: no cache asks less than
            that. None for an empty cache.
        edits: changes at the origin, in any order.
        refreshes: whether a changed entry is put in place at once, which asks least, or dropped,
            which asks most.
    """
    shelf = _TtlMap(ttl_s, counting, max_entries, warm_at_s)
    counts: Counter[tuple[str, Fate]] = Counter()
    fetched_s: list[float] = []
    events: list[tuple[float, int, CacheLookup | OriginChange]] = [
        (one.at_s, 0, one) for one in edits
    ]
    events += [(one.sent_s, 1, one) for one in lookups]
    for _, _, event in sorted(events, key=lambda one: one[:2]):
        if isinstance(event, OriginChange):
            shelf.edit(event, refreshes=refreshes)
        else:
            fate = shelf.serve(event)
            counts[event.phase, fate] += 1
            if fate == "upstream":
                fetched_s.append(event.sent_s)
    totals: Counter[Fate] = Counter()
    for (_, fate), count in counts.items():
        totals[fate] += count
    return Replay(totals["upstream"], totals["joined"], totals["hit"], counts, tuple(fetched_s))


class _TtlMap:
    """Entries: when each was there, and until when it is fresh."""

    def __init__(
        self, ttl_s: float, counting: Counting, max_entries: int | None, warm_at_s: float | None
    ) -> None:
        self._ttl_s = ttl_s
        self._counting = counting
        self._max_entries = max_entries
        self._warm_at_s = warm_at_s
        self._kept: OrderedDict[str | int, tuple[float, float]] = OrderedDict()

    def serve(self, lookup: CacheLookup) -> Fate:
        there_s, until_s = self._kept.get(lookup.key, (-math.inf, -math.inf))
        if self._warm_at_s is not None and lookup.key not in self._kept:
            until_s = self._warm_at_s + self._ttl_s
        if lookup.sent_s < there_s:
            return "joined"
        if lookup.sent_s < until_s:
            if lookup.key in self._kept:
                self._kept.move_to_end(lookup.key)
            return "hit"
        self._fetch(lookup)
        return "upstream"

    def _fetch(self, lookup: CacheLookup) -> None:
        self._kept.pop(lookup.key, None)
        if lookup.answered_s is not None:
            asked = self._counting is Counting.ASKED
            since_s = lookup.sent_s if asked else lookup.answered_s
            self._keep(lookup.key, lookup.answered_s, since_s + self._ttl_s)

    def _keep(self, key: str | int, there_s: float, until_s: float) -> None:
        self._kept[key] = (there_s, until_s)
        if self._max_entries is not None and len(self._kept) > self._max_entries:
            self._kept.popitem(last=False)

    def edit(self, edit: OriginChange, *, refreshes: bool) -> None:
        if edit.key is None:
            self._kept.clear()
            self._warm_at_s = None
        elif refreshes:
            self._kept.pop(edit.key, None)
            self._keep(edit.key, edit.at_s, edit.at_s + self._ttl_s)
        elif self._warm_at_s is None or edit.key in self._kept:
            self._kept.pop(edit.key, None)
        else:  # it was warm, and is no longer
            self._keep(edit.key, -math.inf, -math.inf)


def oracle(
    sent: Sequence[tuple[float, str]],
    ttl_s: float,
    *,
    answered_s: Sequence[float | None] | None = None,
    counting: Counting = Counting.ASKED,
    max_entries: int | None = None,
) -> int:
    """Count the upstream calls that a right cache, empty at the start, makes for these requests.

    Args:
        sent: time (seconds) and id of each request.
        ttl_s: the declared time to live, seconds.
        answered_s: when each was answered, None for those that brought nothing to keep; without
            it every answer is taken as immediate.
        counting: from when the time to live counts.
        max_entries: the declared bound of the cache.
    """
    times = answered_s if answered_s is not None else [at_s for at_s, _ in sent]
    lookups = (CacheLookup(at_s, key, end) for (at_s, key), end in zip(sent, times, strict=True))
    return replay(lookups, ttl_s, counting=counting, max_entries=max_entries).upstream


def lookups_of(arrivals: Sequence[Arrival], *, fetched: str) -> list[CacheLookup]:
    """Return the lookups of a run; one that failed leaves nothing to keep.

    A replay fetches where the real cache may have had a hit. Such a fetch takes as long as the
    real ones typically did, else too few of the following requests would have to wait for it.

    Args:
        arrivals: what was sent.
        fetched: the outcome of those that were fetched from the origin.
    """
    reads = [one for one in arrivals if one.kind == "read"]
    took_s = [
        one.answered_s - one.sent_s
        for one in reads
        if one.answered_s is not None and one.outcome == fetched
    ]
    typical_s = statistics.median(took_s) if took_s else 0.0
    return [
        CacheLookup(one.sent_s, one.key, _answered_s(one, fetched, typical_s), one.phase)
        for one in reads
        if one.outcome != NO_ANSWER  # nobody was there to look anything up
    ]


NO_ANSWER = "no-answer"
"""The outcome of a request that nobody answered: refused, reset, or cut off."""


def _answered_s(one: Arrival, fetched: str, typical_s: float) -> float | None:
    if not one.ok:
        return None
    return one.answered_s if one.outcome == fetched else one.sent_s + typical_s


def expected_calls_per_s(rates_per_s: Iterable[float], ttl_s: float) -> float:
    """Return Σ λ / (1 + λ·TTL), the closed form for Poisson arrivals: one rate for each entry."""
    return sum(rate / (1 + rate * ttl_s) for rate in rates_per_s)
