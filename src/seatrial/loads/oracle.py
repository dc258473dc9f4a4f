"""What a cache that keeps its promises would have asked its origin for, from what was sent."""

import math
import statistics
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from seatrial.loads.tally import Arrival


class Counting(Enum):
    """From when a time to live counts. Both are right; a declared TTL doesn't say which."""

    ASKED = "asked"
    """From the question: what is served was true within the TTL. The most upstream calls."""
    ANSWERED = "answered"
    """From the answer, as most caches do. The fewest upstream calls."""


@dataclass(frozen=True)
class Lookup:
    """One request for an entry; times are seconds on one clock."""

    sent_s: float
    key: str | int
    answered_s: float | None
    """When the answer was there, should this one have fetched; None when there was none to keep."""


@dataclass(frozen=True)
class Replay:
    """How a right cache would have served the lookups; the three add up to all of them."""

    upstream: int
    """Fetched from the origin."""
    joined: int
    """Waited for a fetch of the same entry that was on its way (single flight)."""
    hits: int
    """Served from a fresh entry."""


def replay(
    lookups: Iterable[Lookup],
    ttl_s: float,
    *,
    counting: Counting = Counting.ASKED,
    max_entries: int | None = None,
    warm_at_s: float | None = None,
) -> Replay:
    """Serve lookups from a map whose entries expire.

    Args:
        lookups: in any order.
        ttl_s: the declared time to live, seconds.
        counting: from when it counts.
        max_entries: the declared bound, with the least recently used entry leaving first.
        warm_at_s: a time at which every entry is taken as just fetched: no cache asks less than
            that. None for an empty cache.
    """
    kept: OrderedDict[str | int, tuple[float, float]] = OrderedDict()
    upstream = joined = hits = 0
    for lookup in sorted(lookups, key=lambda one: one.sent_s):
        there_s, until_s = kept.get(lookup.key, (-math.inf, -math.inf))
        if warm_at_s is not None and lookup.key not in kept:
            until_s = warm_at_s + ttl_s
        if lookup.sent_s < there_s:
            joined += 1
        elif lookup.sent_s < until_s:
            hits += 1
            if lookup.key in kept:
                kept.move_to_end(lookup.key)
        else:
            upstream += 1
            kept.pop(lookup.key, None)
            if lookup.answered_s is not None:
                since_s = lookup.sent_s if counting is Counting.ASKED else lookup.answered_s
                kept[lookup.key] = (lookup.answered_s, since_s + ttl_s)
            if max_entries is not None and len(kept) > max_entries:
                kept.popitem(last=False)
    return Replay(upstream, joined, hits)


def oracle(
    sent: Sequence[tuple[float, str]],
    ttl_s: float,
    *,
    answered_s: Sequence[float | None] | None = None,
    counting: Counting = Counting.ASKED,
    max_entries: int | None = None,
) -> int:
    """How many upstream calls a right cache, empty at the start, makes for these requests.

    Args:
        sent: time (seconds) and id of each request.
        ttl_s: the declared time to live, seconds.
        answered_s: when each was answered, None for those that brought nothing to keep; without
            it every answer is taken as immediate.
        counting: from when the time to live counts.
        max_entries: the declared bound of the cache.
    """
    times = answered_s if answered_s is not None else [at_s for at_s, _ in sent]
    lookups = (Lookup(at_s, key, end) for (at_s, key), end in zip(sent, times, strict=True))
    return replay(lookups, ttl_s, counting=counting, max_entries=max_entries).upstream


def lookups_of(arrivals: Sequence[Arrival], *, fetched: str) -> list[Lookup]:
    """The lookups of a run; one that failed leaves nothing to keep.

    A replay fetches where the real cache may have had a hit. Such a fetch takes as long as the
    real ones typically did, else too few of the following requests would have to wait for it.

    Args:
        arrivals: what was sent.
        fetched: the outcome of those that were fetched from the origin.
    """
    took_s = [
        one.answered_s - one.sent_s
        for one in arrivals
        if one.answered_s is not None and one.outcome == fetched
    ]
    typical_s = statistics.median(took_s) if took_s else 0.0
    return [Lookup(one.sent_s, one.key, _answered_s(one, fetched, typical_s)) for one in arrivals]


def _answered_s(one: Arrival, fetched: str, typical_s: float) -> float | None:
    if not one.ok:
        return None
    return one.answered_s if one.outcome == fetched else one.sent_s + typical_s


def expected_calls_per_s(rates_per_s: Iterable[float], ttl_s: float) -> float:
    """The closed form for Poisson arrivals: Σ λ / (1 + λ·TTL), with one rate for each entry."""
    return sum(rate / (1 + rate * ttl_s) for rate in rates_per_s)
