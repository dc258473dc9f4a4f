"""A cache's entries in the order of use, each with its load on its way; answers and counters."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import Generic, Literal, NamedTuple, TypeVar

from seatrial.resilience.errors import ServiceError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LookupSource = Literal["cache", "origin", "stale"]

UNVERSIONED = -1
"""The version of what came without one."""


class Lookup(NamedTuple, Generic[V]):
    """A cache's answer.

    Attributes:
        value: the value; None when there is no such thing.
        source: `cache` (fresh), `origin` (just loaded) or `stale` (past its time, origin failing).
        version: the value's version, -1 without one.
    """

    value: V | None
    source: LookupSource
    version: int = UNVERSIONED


@dataclass(frozen=True, slots=True)
class CacheSnapshot:
    """A cache's counters at one moment.

    Attributes:
        entries: keys held now, those being loaded included.
        trusted: False after `distrust`.
        hits: lookups answered from memory.
        misses: lookups that memory couldn't answer: `joined` and `loads`.
        joined: misses that waited for the load of another.
        loads: misses that asked the origin.
        load_failures: loads that brought no answer.
        stale: lookups answered with an old value, for want of a new one.
        evictions: entries pushed out by others.
        events_applied: `put` and `drop` that were taken over.
        events_outdated: those that came too late.
    """

    entries: int
    trusted: bool
    hits: int
    misses: int
    joined: int
    loads: int
    load_failures: int
    stale: int
    evictions: int
    events_applied: int
    events_outdated: int


class InFlightLoad(Generic[V]):
    """A load on its way: who waits for it, and whether an event has overtaken it."""

    __slots__ = ("overtaken", "waiters")

    def __init__(self) -> None:
        self.overtaken = False
        self.waiters: list[asyncio.Future[Lookup[V] | BaseException | None]] = []

    def join(self) -> asyncio.Future[Lookup[V] | BaseException | None]:
        """Return a future for what the load brings; None in it means: load it yourself."""
        waiter: asyncio.Future[Lookup[V] | BaseException | None]
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        return waiter

    def finish(self, found: Lookup[V] | BaseException) -> None:
        """Give every waiter the same; each its own copy of an error."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(found.again() if isinstance(found, ServiceError) else found)

    def hand_over(self) -> bool:
        """Let the next waiter load; return False if there is none."""
        while self.waiters:
            waiter = self.waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return True
        return False


class CacheEntry(Generic[V]):
    """All that is known of one key; an entry is made when its first load begins.

    Attributes:
        value: the value; None when there is no such thing, or nothing is known yet.
        version: its version.
        fresh_until: until when it may be served.
        guards_until: until when it wins over older versions; a deletion longer than it is served.
        gone: True after an event said that it is no more, as long as there is no value.
        load: the load on its way; None without one.
    """

    __slots__ = ("fresh_until", "gone", "guards_until", "load", "value", "version")

    def __init__(self) -> None:
        self.value: V | None = None
        self.version = UNVERSIONED
        self.fresh_until = self.guards_until = -inf
        self.gone = False
        self.load: InFlightLoad[V] | None = None

    @property
    def blank(self) -> bool:
        """True while nothing was ever known."""
        return self.fresh_until == -inf

    def learn(self, value: V, version: int, until: float, now: float) -> None:
        """Take over the value, fresh until then."""
        self.version = self._newest(version, now)
        self.value = value
        self.fresh_until = self.guards_until = until
        self.gone = False

    def learn_absent(self, until: float, now: float) -> None:
        """Note that the origin knows none; what was known still guards against older versions."""
        self.version = self._newest(UNVERSIONED, now)
        self.value = None
        self.fresh_until = until
        self.guards_until = max(self.guards_until, until)

    def learn_gone(self, version: int, until: float, guards_until: float, now: float) -> None:
        """Note that an event said that it is no more."""
        self.version = self._newest(version, now)
        self.value = None
        self.fresh_until = until
        self.guards_until = guards_until
        self.gone = True

    def outdates(self, version: int, now: float) -> bool:
        """Return True if `version` is older than the known one, or a deletion has the same."""
        if now >= self.guards_until or version < 0:
            return False
        is_gone = self.gone and self.value is None
        return version < self.version or (is_gone and version == self.version)

    def seen_as(self, source: LookupSource) -> Lookup[V]:
        """Return what is known as an answer."""
        return Lookup(self.value, source, self.version)

    def _newest(self, version: int, now: float) -> int:
        return max(version, self.version) if now < self.guards_until else version


class Entries(OrderedDict[K, CacheEntry[V]]):
    """Entries in the order of use; `entries[key]` makes a blank one where there is none.

    Args:
        limit: entries to hold; the least recently used one makes room, unless it is being loaded.
    """

    __slots__ = ("evictions", "limit")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.evictions = 0

    def __missing__(self, key: K) -> CacheEntry[V]:
        entry: CacheEntry[V] = CacheEntry()
        self[key] = entry
        self.trim(keep=entry)
        return entry

    def trim(self, keep: CacheEntry[V] | None = None) -> None:
        """Push out the least recently used entries that are too many; none that is being loaded."""
        if len(self) <= self.limit:
            return
        idle = (key for key, held in self.items() if held.load is None and held is not keep)
        for key in list(islice(idle, len(self) - self.limit)):
            del self[key]
            self.evictions += 1
