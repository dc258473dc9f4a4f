"""What a cache knows of one key, and who waits for more."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable
from itertools import islice
from math import inf
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from seatrial.resilience.errors import ServiceError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Source = Literal["cache", "origin", "stale"]

UNVERSIONED = -1
"""The version of what came without one."""


class Lookup(NamedTuple, Generic[V]):
    """What a cache answered.

    Attributes:
        value: the value; None when there is no such thing.
        source: `cache` (fresh), `origin` (just loaded) or `stale` (past its time, origin failing).
        version: the value's version, -1 without one.
    """

    value: V | None
    source: Source
    version: int = UNVERSIONED


class Flight(Generic[V]):
    """A load on its way: who waits for it, and whether an event has overtaken it."""

    __slots__ = ("overtaken", "waiters")

    def __init__(self) -> None:
        self.overtaken = False
        self.waiters: list[asyncio.Future[Lookup[V] | BaseException | None]] = []

    def join(self) -> asyncio.Future[Lookup[V] | BaseException | None]:
        """A future for what the load brings; None in it means: load it yourself."""
        waiter: asyncio.Future[Lookup[V] | BaseException | None]
        waiter = asyncio.get_running_loop().create_future()
        self.waiters.append(waiter)
        return waiter

    def land(self, found: Lookup[V] | BaseException) -> None:
        """Give every waiter the same; each its own copy of an error."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(found.again() if isinstance(found, ServiceError) else found)

    def hand_over(self) -> bool:
        """Let the next waiter load; False if there is none."""
        while self.waiters:
            waiter = self.waiters.pop(0)
            if not waiter.done():
                waiter.set_result(None)
                return True
        return False


ALONE: Flight[Any] = Flight()
"""The flight of a load that nobody waits for and no event has overtaken: most of them."""


class Entry(Generic[V]):
    """What is known of one key; an entry is made when its first load begins.

    Attributes:
        value: the value; None when there is no such thing, or nothing is known yet.
        version: its version.
        fresh_until: until when it may be served.
        guards_until: until when it wins over older versions; a deletion longer than it is served.
        gone: whether an event said that it is no more, as long as there is no value.
        flight: the load on its way; None without one.
        hit: the last answer to a lookup that found this fresh; it may be outdated.
    """

    __slots__ = (
        "flight",
        "fresh_until",
        "gone",
        "guards_until",
        "hit",
        "value",
        "version",
    )

    def __init__(self) -> None:
        self.value: V | None = None
        self.version = UNVERSIONED
        self.fresh_until = self.guards_until = -inf
        self.gone = False
        self.flight: Flight[V] | None = None
        self.hit: Lookup[V] | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing was ever known."""
        return self.fresh_until == -inf

    def learn(self, value: V, version: int, until: float, now: float) -> None:
        """This is the value, and fresh until then."""
        self.version = self._newest(version, now)
        self.value = value
        self.fresh_until = self.guards_until = until
        self.gone = False

    def learn_absent(self, until: float, now: float) -> None:
        """The origin knows none; what was known before still guards against older versions."""
        self.version = self._newest(UNVERSIONED, now)
        self.value = None
        self.fresh_until = until
        self.guards_until = max(self.guards_until, until)

    def learn_gone(self, version: int, until: float, guards_until: float, now: float) -> None:
        """An event says that it is no more."""
        self.version = self._newest(version, now)
        self.value = None
        self.fresh_until = until
        self.guards_until = guards_until
        self.gone = True

    def outdates(self, version: int, now: float) -> bool:
        """Whether `version` is older than what is known; a deletion wins over its equal too."""
        if now >= self.guards_until or version < 0:
            return False
        is_gone = self.gone and self.value is None
        return version < self.version or (is_gone and version == self.version)

    def seen_as(self, source: Source) -> Lookup[V]:
        """What is known, as an answer."""
        return Lookup(self.value, source, self.version)

    def overtake(self) -> None:
        """Tell a load on its way that an event came meanwhile."""
        if self.flight is not None:
            self.real_flight().overtaken = True

    def real_flight(self) -> Flight[V]:
        """The flight as one that can be joined and overtaken, which `ALONE` can't be."""
        if self.flight is None or self.flight is ALONE:
            self.flight = Flight()
        return self.flight

    def _newest(self, version: int, now: float) -> int:
        return max(version, self.version) if now < self.guards_until else version


class Entries(OrderedDict[K, Entry[V]]):
    """Entries in the order of use; `entries[key]` makes a blank one where there is none.

    Args:
        limit: entries to hold; the least recently used one makes room, unless it is being loaded.
    """

    __slots__ = ("evictions", "limit")

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.evictions = 0

    def __missing__(self, key: K) -> Entry[V]:
        entry: Entry[V] = Entry()
        self[key] = entry
        excess = len(self) - self.limit
        if excess > 0:
            # the order stays as it is: to be skipped is not to be used
            idle = (old for old, held in self.items() if held.flight is None and held is not entry)
            for oldest in list(islice(idle, excess)):
                del self[oldest]
                self.evictions += 1
        return entry
