"""A cache before a provider: bounded, fresh for a time, loaded once, corrected by events.

- Concurrent misses of one key make one load, in the task of the first caller. Its failure reaches
  every waiter. If that caller is cancelled, the next waiter loads; nobody else notices.
- `put` and `drop` are for the subscriber of events. The higher version wins, whatever arrives
  first; an answer without a version loses against an event that came while it was on its way.
- After `distrust` nothing counts as fresh, until `trust`.
- A value's time begins when its load does: nobody knows when in between the origin read it.

A cache belongs to one event loop and isn't shared between threads.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Mapping
from functools import wraps
from typing import Any, Generic, TypeVar, cast

from seatrial.resilience._entry import (
    UNVERSIONED,
    CacheEntry,
    CacheSnapshot,
    Entries,
    InFlightLoad,
    Lookup,
)
from seatrial.resilience._keys import KeyMaker
from seatrial.resilience.classification import Classification, classify
from seatrial.resilience.events import CacheRead, Events, Listener, Loaded, TrustChanged
from seatrial.resilience.operation import ANONYMOUS, AsyncCall, Clock, Operation, P, T, WrappedCall
from seatrial.resilience.policies import CachePolicy

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_Load = Callable[..., Awaitable[V | None]]


class Cache(Generic[K, V]):
    """Answers from memory while that is fresh, and asks the origin once when it isn't.

    Use one cache for one call: two calls of the same key would answer for each other.

    Args:
        policy: how much, and for how long.
        version_of: reads a loaded value's version; None for values without one.
        name: in events.
        clock: seconds that never go back.
        events: where loads, and reads that were no hits, are emitted; its own unless given.
        emit_hits: emit hits too, each of which then costs several times as much.
        classify: which errors of a load say that the origin answered (no stale value then).

    Attributes:
        trusted: False after `distrust`: nothing counts as fresh.
    """

    __slots__ = (
        "_classify",
        "_clock",
        "_entries",
        "_find_fresh",
        "_version_of",
        "events",
        "events_applied",
        "events_outdated",
        "hits",
        "joined",
        "load_failures",
        "loads",
        "name",
        "policy",
        "stale",
        "trusted",
    )

    def __init__(
        self,
        policy: CachePolicy | None = None,
        *,
        version_of: Callable[[V], int] | None = None,
        name: str = "",
        clock: Clock = time.monotonic,
        events: Events | None = None,
        emit_hits: bool = False,
        classify: Callable[[BaseException], Classification] = classify,
    ) -> None:
        self.policy = policy or CachePolicy()
        self.name = name
        self.events = events if events is not None else Events()
        self.trusted = True
        self._version_of = version_of
        self._clock = clock
        self._classify = classify
        self._entries: Entries[K, V] = Entries(self.policy.max_entries)
        self._find_fresh = self._finder(emit_hits=emit_hits)
        self.hits = 0.0  # adding to a float costs half as much as to a large int
        self.loads = self.joined = self.load_failures = 0
        self.stale = self.events_applied = self.events_outdated = 0

    async def get(self, key: K, load: Callable[[K], Awaitable[V | None]]) -> Lookup[V]:
        """Return the value of `key`, from here or by `load(key)`, and where it is from.

        Args:
            key: what to look up.
            load: asks the origin; None means that there is no such thing.

        Raises:
            Exception: what `load` raised, for every waiter of that load, unless a stale value may
                be served instead.
        """
        entry = self._find_fresh(key)
        if entry is not None:
            return entry.seen_as("cache")
        return await self._miss(key, load, (key,), {})

    def wrap(self, call: AsyncCall[P, T], operation: Operation = ANONYMOUS) -> WrappedCall[P, T]:
        """Return the same call behind this cache; its key is its only argument, or all of them.

        It answers the value alone; `get` says too where that is from.
        """
        find_fresh = self._find_fresh
        key_of = KeyMaker(call)
        load = cast("_Load[V]", call)

        async def cached(*args: Any, **kwargs: Any) -> Any:
            key = cast("K", key_of(args, kwargs))
            entry = find_fresh(key)
            if entry is not None:
                return entry.value
            return (await self._miss(key, load, args, kwargs)).value

        async def cached_unary(key: K) -> Any:
            entry = find_fresh(key)
            if entry is not None:
                return entry.value
            return (await self._miss(key, load, (key,), {})).value

        if key_of.parameter is None:
            return cast("WrappedCall[P, T]", wraps(call)(cached))
        # `*args, **kwargs` would make a hit a tenth slower; renamed, it may be given by keyword too
        code = cached_unary.__code__
        names = (key_of.parameter, *code.co_varnames[1:])
        cached_unary.__code__ = code.replace(co_varnames=names)
        return cast("WrappedCall[P, T]", wraps(call)(cached_unary))

    def put(self, key: K, value: V | None, version: int = UNVERSIONED) -> bool:
        """Take over from an event what `key` is now; None says the same as `drop`.

        Returns:
            False when something newer is known already, and nothing was changed.
        """
        if value is None:
            return self.drop(key, version)
        now = self._clock()
        entry = self._entries[key]
        if not self._applies(key, entry, version, now):
            return False
        entry.learn(value, version, now + self.policy.ttl_s, now)
        return True

    def drop(self, key: K, version: int = UNVERSIONED) -> bool:
        """Take over from an event that `key` is no more; a late event or answer won't revive it.

        Returns:
            False when something newer is known already, and nothing was changed.
        """
        now = self._clock()
        entry = self._entries[key]
        if not self._applies(key, entry, version, now):
            return False
        policy = self.policy
        entry.learn_gone(version, now + policy.negative_ttl_s, now + policy.ttl_s, now)
        return True

    def distrust(self) -> None:
        """Stop counting anything here as fresh until `trust`: events were lost."""
        self._set_trust(trusted=False)

    def trust(self) -> None:
        """Count what is here as fresh again: all missed events have been applied."""
        self._set_trust(trusted=True)

    def clear(self) -> None:
        """Forget everything but the counters; what is being loaded isn't kept either."""
        self._entries.clear()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with reads, loads and trust; return a function that ends that."""
        return self.events.listen(listener)

    def __len__(self) -> int:
        """Return the number of keys held now, those being loaded included."""
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        """Return True if something is known of `key`, fresh or not, or it is being loaded."""
        return key in self._entries

    def snapshot(self) -> CacheSnapshot:
        """Return the counters, at this moment."""
        return CacheSnapshot(
            entries=len(self._entries),
            trusted=self.trusted,
            hits=int(self.hits),
            misses=self.joined + self.loads,
            joined=self.joined,
            loads=self.loads,
            load_failures=self.load_failures,
            stale=self.stale,
            evictions=self._entries.evictions,
            events_applied=self.events_applied,
            events_outdated=self.events_outdated,
        )

    def _finder(self, *, emit_hits: bool) -> Callable[[K], CacheEntry[V] | None]:
        """Return the function that finds a fresh entry and counts the hit: the hot path."""
        find, use, clock = self._entries.get, self._entries.move_to_end, self._clock

        def find_fresh(key: K) -> CacheEntry[V] | None:
            entry = find(key)
            if entry is None or not self.trusted or clock() >= entry.fresh_until:
                return None
            use(key)
            self.hits += 1.0
            return entry

        def find_and_emit(key: K) -> CacheEntry[V] | None:
            entry = find_fresh(key)
            if entry is not None:
                self._emit_read(key, entry.seen_as("cache"))
            return entry

        return find_and_emit if emit_hits else find_fresh

    def _miss(
        self, key: K, load: _Load[V], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Lookup[V]]:
        """Return what is to be awaited: one's own load, or the one that is on its way."""
        entry = self._entries[key]
        self._entries.move_to_end(key)
        if entry.load is not None:
            return self._join(key, entry, load, args, kwargs)
        entry.load = InFlightLoad()
        return self._load(key, entry, load, args, kwargs)

    async def _join(
        self,
        key: K,
        entry: CacheEntry[V],
        load: _Load[V],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Lookup[V]:
        """Return what another's load brings; this one loads if the other's task is cancelled."""
        assert entry.load is not None
        self.joined += 1
        waiter = entry.load.join()
        try:
            found = await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.result() is None:
                self._abandon(key, entry)
            raise
        if found is None:
            self.joined -= 1
            return await self._load(key, entry, load, args, kwargs)
        if isinstance(found, BaseException):
            raise found
        self.stale += found.source == "stale"
        self._emit_read(key, found)
        return found

    async def _load(
        self,
        key: K,
        entry: CacheEntry[V],
        load: _Load[V],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Lookup[V]:
        self.loads += 1
        began = self._clock()
        try:
            value = await load(*args, **kwargs)
            version = self._version(value)
        except Exception as error:
            found = self._failed(key, entry, error, began)
            if found is None:
                raise
        except BaseException:
            self._abandon(key, entry)
            raise
        else:
            found = self._loaded(key, entry, value, version, began)
        self._emit_read(key, found)
        return found

    def _loaded(
        self, key: K, entry: CacheEntry[V], value: V | None, version: int, began: float
    ) -> Lookup[V]:
        """Keep what a load has brought, unless something newer is known; return which it is."""
        now = self._clock()
        in_flight = _landed(entry)
        if entry.outdates(version, now) or (version < 0 and in_flight.overtaken):
            found = entry.seen_as("cache")
        elif value is None:
            entry.learn_absent(began + self.policy.negative_ttl_s, now)
            found = Lookup(None, "origin", entry.version)
        else:
            entry.learn(value, version, began + self.policy.ttl_s, now)
            found = Lookup(value, "origin", entry.version)
        self._finish(key, in_flight, found, began, None)
        return found

    def _failed(
        self, key: K, entry: CacheEntry[V], error: Exception, began: float
    ) -> Lookup[V] | None:
        """Return what stands in for a load that failed; None if its error must be raised."""
        in_flight = _landed(entry)
        self.load_failures += 1
        found = self._stand_in(entry, error, overtaken=in_flight.overtaken)
        self._forget_blank(key, entry)
        if found is not None:
            self.stale += found.source == "stale"
        self._finish(key, in_flight, error if found is None else found, began, error)
        return found

    def _version(self, value: V | None) -> int:
        if value is None or self._version_of is None:
            return UNVERSIONED
        return self._version_of(value)

    def _applies(self, key: K, entry: CacheEntry[V], version: int, now: float) -> bool:
        """Return True if an event is news; a load on its way is then overtaken."""
        if entry.outdates(version, now):
            self.events_outdated += 1
            return False
        self.events_applied += 1
        self._entries.move_to_end(key)
        if entry.load is not None:
            entry.load.overtaken = True
        return True

    def _stand_in(
        self, entry: CacheEntry[V], error: Exception, *, overtaken: bool
    ) -> Lookup[V] | None:
        """Return an event's value that came during the load, or an old one that may be served."""
        if self._classify(error) is Classification.SUCCESS:
            return None
        now = self._clock()
        if overtaken and self.trusted and now < entry.fresh_until:
            return entry.seen_as("cache")
        stale_s = self.policy.stale_if_error_s
        if entry.value is None or not stale_s or now >= entry.fresh_until + stale_s:
            return None
        return entry.seen_as("stale")

    def _abandon(self, key: K, entry: CacheEntry[V]) -> None:
        """Let the next waiter load, if there is one: the task that did is cancelled."""
        assert entry.load is not None
        entry.load.overtaken = False  # a new load begins after what came until now
        if not entry.load.hand_over():
            entry.load = None
            self._forget_blank(key, entry)
            self._entries.trim()

    def _finish(
        self,
        key: K,
        in_flight: InFlightLoad[V],
        found: Lookup[V] | Exception,
        began: float,
        error: Exception | None,
    ) -> None:
        """Give what a load brought to all who wait, and emit that it has ended."""
        self._entries.trim()  # while it was being loaded the entry couldn't make room
        if self.events.listeners:
            self.events.emit(Loaded(self.name, key, self._clock() - began, error))
        in_flight.finish(found)

    def _forget_blank(self, key: K, entry: CacheEntry[V]) -> None:
        if entry.blank and self._entries.get(key) is entry:
            del self._entries[key]

    def _set_trust(self, *, trusted: bool) -> None:
        changed, self.trusted = trusted is not self.trusted, trusted
        if changed and self.events.listeners:
            self.events.emit(TrustChanged(self.name, trusted))

    def _emit_read(self, key: K, found: Lookup[V]) -> None:
        if self.events.listeners:
            self.events.emit(CacheRead(self.name, key, found.source, found.value is None))


def _landed(entry: CacheEntry[V]) -> InFlightLoad[V]:
    """Return the load that has just ended; the entry has none any more."""
    in_flight, entry.load = entry.load, None
    assert in_flight is not None
    return in_flight
