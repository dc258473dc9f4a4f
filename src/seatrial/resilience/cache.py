"""A cache in front of a provider: bounded, fresh for a time, loaded once, corrected by events.

Rules in short:
- Concurrent misses of one key make one load, in the task of the first caller. Its failure reaches
  every waiter. If that caller is cancelled, the next waiter loads; nobody else notices.
- `put` and `drop` are for the subscriber of events. The higher version wins, whatever arrives
  first; an answer without a version loses against an event that came while it was on its way.
- After `distrust` nothing counts as fresh, until `trust`.

A cache belongs to one event loop and isn't shared between threads.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from seatrial.resilience.errors import ServiceError
from seatrial.resilience.events import CacheRead, Events, Listener, Loaded, TrustChanged
from seatrial.resilience.operation import Clock
from seatrial.resilience.outcome import Outcome, outcome_of
from seatrial.resilience.policies import CachePolicy

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Source = Literal["cache", "origin", "stale"]
UNVERSIONED = -1
"""The version of what came without one."""


class Lookup(Generic[V]):
    """What a cache answered.

    Attributes:
        value: the value; None when there is no such thing.
        source: `cache` (fresh), `origin` (just loaded) or `stale` (past its time, origin failing).
        version: the value's version, -1 without one.
    """

    __slots__ = ("source", "value", "version")

    def __init__(self, value: V | None, source: Source, version: int = UNVERSIONED) -> None:
        self.value = value
        self.source: Source = source
        self.version = version

    def __repr__(self) -> str:
        return f"Lookup({self.value!r}, {self.source!r}, version={self.version})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lookup):
            return NotImplemented
        mine = (self.value, self.source, self.version)
        return mine == (other.value, other.source, other.version)

    __hash__ = None  # type: ignore[assignment]


class Entry(Generic[V]):
    """A value kept: `fresh_until` for readers, `guards_until` against older versions."""

    __slots__ = ("fresh_until", "guards_until", "lookup")

    def __init__(self, lookup: Lookup[V], fresh_until: float, guards_until: float) -> None:
        self.lookup = lookup
        self.fresh_until = fresh_until
        self.guards_until = guards_until


@dataclass(frozen=True, slots=True)
class CacheSnapshot:
    """A cache's counters at one moment; `entries` are held now, the others ever counted."""

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


class Cache(Generic[K, V]):
    """Answers from memory while that is fresh, and asks the origin once when it isn't.

    Args:
        policy: how much, and for how long.
        version_of: reads a loaded value's version; None for values without one.
        name: in events.
        clock: seconds that never go back.
        events: where reads and loads are told; its own unless given.
        judge: which errors of a load say that the origin answered (no stale value then).
    """

    __slots__ = (
        "_clock",
        "_entries",
        "_flights",
        "_judge",
        "_max",
        "_trusted",
        "_version_of",
        "events",
        "events_applied",
        "events_outdated",
        "evictions",
        "hits",
        "joined",
        "load_failures",
        "loads",
        "misses",
        "name",
        "policy",
        "stale",
    )

    def __init__(
        self,
        policy: CachePolicy | None = None,
        *,
        version_of: Callable[[V], int] | None = None,
        name: str = "",
        clock: Clock = time.monotonic,
        events: Events | None = None,
        judge: Callable[[BaseException], Outcome] = outcome_of,
    ) -> None:
        self.policy = policy or CachePolicy()
        self.name = name
        self.events = events or Events()
        self._version_of = version_of
        self._clock = clock
        self._judge = judge
        self._entries: OrderedDict[K, Entry[V]] = OrderedDict()
        self._flights: dict[K, list[asyncio.Future[Lookup[V] | BaseException | None]]] = {}
        self._trusted = True
        self._max = self.policy.max_entries
        self.hits = self.misses = self.joined = self.loads = self.load_failures = 0
        self.stale = self.evictions = self.events_applied = self.events_outdated = 0

    async def get(self, key: K, load: Callable[[K], Awaitable[V | None]]) -> Lookup[V]:
        """The value of `key`, from here or by `load(key)`.

        Args:
            key: what to look up.
            load: asks the origin; None means that there is no such thing.

        Raises:
            Exception: what `load` raised, for every waiter of that load, unless a stale value may
                be served instead.
        """
        entry = self._entries.get(key)
        if entry is not None and self._trusted and self._clock() < entry.fresh_until:
            self.hits += 1
            self._entries.move_to_end(key)
            if self.events.listeners:
                self._tell_read(key, entry.lookup)
            return entry.lookup
        self.misses += 1
        if key in self._flights:
            found = await self._join(key)
            if found is not None:
                return found
        else:
            self._flights[key] = []
        return await self._load(key, load)

    def put(self, key: K, value: V, version: int = UNVERSIONED) -> bool:
        """An event says what `key` is now.

        Returns:
            False when something newer is known already, and nothing was changed.
        """
        now = self._clock()
        known = self._entries.get(key)
        if known is not None and now < known.guards_until and _outdated(known, version):
            self.events_outdated += 1
            return False
        self.events_applied += 1
        fresh_until = now + self.policy.ttl_s
        self._store(key, Entry(Lookup(value, "cache", version), fresh_until, fresh_until))
        return True

    def drop(self, key: K, version: int = UNVERSIONED) -> bool:
        """An event says that `key` is no more; a late event or answer won't revive it.

        Returns:
            False when something newer is known already, and nothing was changed.
        """
        now = self._clock()
        known = self._entries.get(key)
        if known is not None and now < known.guards_until:
            if UNVERSIONED < version < known.lookup.version:
                self.events_outdated += 1
                return False
            version = max(version, known.lookup.version)
        self.events_applied += 1
        gone: Lookup[V] = Lookup(None, "cache", version)
        fresh_until = now + self.policy.negative_ttl_s
        self._store(key, Entry(gone, fresh_until, now + self.policy.ttl_s))
        return True

    def distrust(self) -> None:
        """The events are lost: nothing here counts as fresh until `trust`."""
        self._set_trust(trusted=False)

    def trust(self) -> None:
        """All missed events have been applied: what is here is fresh again."""
        self._set_trust(trusted=True)

    def clear(self) -> None:
        """Forget everything but the counters; loads on their way aren't kept from storing."""
        self._entries.clear()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of reads, loads and trust; returns what ends that."""
        return self.events.listen(listener)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def trusted(self) -> bool:
        """Whether entries may count as fresh."""
        return self._trusted

    def snapshot(self) -> CacheSnapshot:
        """The counters, at this moment."""
        return CacheSnapshot(
            entries=len(self._entries),
            trusted=self._trusted,
            hits=self.hits,
            misses=self.misses,
            joined=self.joined,
            loads=self.loads,
            load_failures=self.load_failures,
            stale=self.stale,
            evictions=self.evictions,
            events_applied=self.events_applied,
            events_outdated=self.events_outdated,
        )

    async def _load(self, key: K, load: Callable[[K], Awaitable[V | None]]) -> Lookup[V]:
        seen = self._entries.get(key)
        began = self._clock()
        self.loads += 1
        try:
            value = await load(key)
        except Exception as error:
            self._tell_loaded(key, began, error)
            found = self._stale(key, error)
            self.load_failures += 1
            self._land(key, error if found is None else found)
            if found is None:
                raise
        except BaseException:
            self._hand_over(key)
            raise
        else:
            self._tell_loaded(key, began, None)
            found = self._keep(key, value, seen)
            self._land(key, found)
        if self.events.listeners:
            self._tell_read(key, found)
        return found

    def _keep(self, key: K, value: V | None, seen: Entry[V] | None) -> Lookup[V]:
        """Store what was loaded, unless something newer is known; then answer that."""
        now = self._clock()
        version = UNVERSIONED
        if value is not None and self._version_of is not None:
            version = self._version_of(value)
        known = self._entries.get(key)
        if known is not None and now < known.guards_until:
            arrived_meanwhile = known is not seen
            if _outdated(known, version) if version >= 0 else arrived_meanwhile:
                return known.lookup
            if value is None:
                version = known.lookup.version
        kept_s = self.policy.negative_ttl_s if value is None else self.policy.ttl_s
        if kept_s:
            until = now + kept_s
            self._store(key, Entry(Lookup(value, "cache", version), until, until))
        elif known is not None:
            del self._entries[key]
        return Lookup(value, "origin", version)

    def _stale(self, key: K, error: Exception) -> Lookup[V] | None:
        """An old value that may stand in for the failing origin."""
        known = self._entries.get(key)
        if known is None or known.lookup.value is None or self._judge(error) is Outcome.SUCCESS:
            return None
        if not self.policy.stale_if_error_s:
            return None
        if self._clock() >= known.fresh_until + self.policy.stale_if_error_s:
            return None
        return Lookup(known.lookup.value, "stale", known.lookup.version)

    def _store(self, key: K, entry: Entry[V]) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        if len(self._entries) > self._max:
            self._entries.popitem(last=False)
            self.evictions += 1

    async def _join(self, key: K) -> Lookup[V] | None:
        """Wait for another's load; None when its task was cancelled and this one takes over."""
        self.joined += 1
        future: asyncio.Future[Lookup[V] | BaseException | None]
        future = asyncio.get_running_loop().create_future()
        self._flights[key].append(future)
        try:
            found = await future
        except BaseException:
            if future.done() and not future.cancelled() and future.result() is None:
                self._hand_over(key)
            raise
        if isinstance(found, ServiceError):
            raise found.again() from found.__cause__
        if isinstance(found, BaseException):
            raise found
        if found is not None:
            self.stale += found.source == "stale"
            if self.events.listeners:
                self._tell_read(key, found)
        return found

    def _land(self, key: K, found: Lookup[V] | BaseException) -> None:
        """End a load; everyone who waits for it gets the same."""
        if isinstance(found, Lookup):
            self.stale += found.source == "stale"
        for future in self._flights.pop(key):
            if not future.done():
                future.set_result(found)

    def _hand_over(self, key: K) -> None:
        """Make the next waiter load, since the one who did is cancelled."""
        waiters = self._flights[key]
        while waiters:
            future = waiters.pop(0)
            if not future.done():
                future.set_result(None)
                return
        del self._flights[key]

    def _set_trust(self, *, trusted: bool) -> None:
        changed, self._trusted = trusted is not self._trusted, trusted
        if changed and self.events.listeners:
            self.events.tell(TrustChanged(self.name, trusted))

    def _tell_read(self, key: K, found: Lookup[V]) -> None:
        self.events.tell(CacheRead(self.name, key, found.source, found.value is None))

    def _tell_loaded(self, key: K, began: float, error: Exception | None) -> None:
        if self.events.listeners:
            self.events.tell(Loaded(self.name, key, self._clock() - began, error))


def _outdated(known: Entry[V], version: int) -> bool:
    """Whether `version` is older than what is known; a deletion also wins over its equal."""
    if version < 0:
        return False
    if known.lookup.value is None:
        return version <= known.lookup.version
    return version < known.lookup.version
