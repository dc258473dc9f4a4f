"""A cache in front of a provider: bounded, fresh for a time, loaded once, corrected by events.

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
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, TypeVar

from seatrial.resilience.entry import ALONE, UNVERSIONED, Entries, Entry, Lookup
from seatrial.resilience.events import CacheRead, Events, Listener, Loaded, TrustChanged
from seatrial.resilience.operation import ANONYMOUS, Call, Clock, Operation, P, T, Wrapped
from seatrial.resilience.outcome import Outcome, outcome_of
from seatrial.resilience.policies import CachePolicy
from seatrial.resilience.strands import cache_strand
from seatrial.resilience.weave import AnyCall, Strand, weave

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Q = ParamSpec("Q")
_Load = Callable[Q, Awaitable[V | None]]


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


class Cache(Generic[K, V]):
    """Answers from memory while that is fresh, and asks the origin once when it isn't.

    Args:
        policy: how much, and for how long.
        version_of: reads a loaded value's version; None for values without one.
        name: in events.
        clock: seconds that never go back.
        events: where loads, and reads that were no hits, are told; its own unless given.
        tell_hits: whether hits are told too, each of which then costs several times as much.
        judge: which errors of a load say that the origin answered (no stale value then).

    Attributes:
        trusted: False after `distrust`: nothing counts as fresh.
    """

    __slots__ = (
        "_clock",
        "_entries",
        "_judge",
        "_tell_hits",
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
        tell_hits: bool = False,
        judge: Callable[[BaseException], Outcome] = outcome_of,
    ) -> None:
        self.policy = policy or CachePolicy()
        self.name = name
        self.events = events if events is not None else Events()
        self.trusted = True
        self._tell_hits = tell_hits
        self._version_of = version_of
        self._clock = clock
        self._judge = judge
        self._entries: Entries[K, V] = Entries(self.policy.max_entries)
        self.hits = self.loads = 0.0  # see `strands`
        self.joined = self.load_failures = 0
        self.stale = self.events_applied = self.events_outdated = 0

    async def get(self, key: K, load: Callable[[K], Awaitable[V | None]]) -> Lookup[V]:
        """The value of `key`, from here or by `load(key)`, and where it is from.

        Args:
            key: what to look up.
            load: asks the origin; None means that there is no such thing.

        Raises:
            Exception: what `load` raised, for every waiter of that load, unless a stale value may
                be served instead.
        """
        entries, clock = self._entries, self._clock
        entry = entries[key]
        entries.move_to_end(key)
        if clock() < entry.fresh_until and self.trusted:
            self.hits += 1.0
            hit = entry.hit
            if hit is None or hit[0] is not entry.value or hit[2] != entry.version:
                hit = entry.hit = entry.seen_as("cache")
            if self._tell_hits:
                self.tell_read(key, hit)
            return hit
        if entry.flight is not None:
            return await self.share(key, entry, load, key)
        entry.flight = ALONE
        return await self._load(key, entry, load, key)

    def wrap(self, call: Call[P, T], operation: Operation = ANONYMOUS) -> Wrapped[P, T]:
        """The same call behind this cache, whose key is the call's only argument, or all of them.

        It answers the value alone; `get` says too where that is from.
        """
        return weave((self,), call, operation)

    def strand(self, inner: AnyCall, operation: Operation) -> Strand:
        """What a lookup does here; for `weave`."""
        names: dict[str, Any] = {
            "alone_": ALONE,
            "cache_": self,
            "clock_": self._clock,
            "entries_": self._entries,
            "find_": self._entries.get,
            "inner_": inner,
            "listeners_": self.events.listeners,
            "touch_": self._entries.move_to_end,
            "ttl_s_": self.policy.ttl_s,
        }
        versioned = self._version_of is not None
        return Strand(cache_strand(versioned=versioned, tell_hits=self._tell_hits), names)

    def put(self, key: K, value: V | None, version: int = UNVERSIONED) -> bool:
        """An event says what `key` is now; None says the same as `drop`.

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
        """An event says that `key` is no more; a late event or answer won't revive it.

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
        """The events are lost: nothing here counts as fresh until `trust`."""
        self._set_trust(trusted=False)

    def trust(self) -> None:
        """All missed events have been applied: what is here is fresh again."""
        self._set_trust(trusted=True)

    def clear(self) -> None:
        """Forget everything but the counters; what is being loaded isn't kept either."""
        self._entries.clear()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of reads, loads and trust; returns what ends that."""
        return self.events.listen(listener)

    def __len__(self) -> int:
        """Keys held now, those being loaded included."""
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        """Whether something is known of `key`, fresh or not, or it is being loaded."""
        return key in self._entries

    def snapshot(self) -> CacheSnapshot:
        """The counters, at this moment."""
        return CacheSnapshot(
            entries=len(self._entries),
            trusted=self.trusted,
            hits=int(self.hits),
            misses=self.joined + int(self.loads),
            joined=self.joined,
            loads=int(self.loads),
            load_failures=self.load_failures,
            stale=self.stale,
            evictions=self._entries.evictions,
            events_applied=self.events_applied,
            events_outdated=self.events_outdated,
        )

    async def share(
        self, key: K, entry: Entry[V], load: _Load[Q, V], *args: Q.args, **kwargs: Q.kwargs
    ) -> Lookup[V]:
        """What another's load brings; this one loads if the other's task is cancelled."""
        self.joined += 1
        waiter = entry.real_flight().join()
        try:
            found = await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.result() is None:
                self._abandon(key, entry)
            raise
        if found is None:
            self.joined -= 1
            return await self._load(key, entry, load, *args, **kwargs)
        if isinstance(found, BaseException):
            raise found
        self.stale += found.source == "stale"
        self.tell_read(key, found)
        return found

    def keep(self, key: K, entry: Entry[V], value: V | None, began: float) -> Lookup[V]:
        """A load has brought this: remember it, unless something newer is known; then tell that."""
        flight, entry.flight = entry.flight, None
        assert flight is not None
        now = self._clock()
        version = UNVERSIONED
        if value is not None and self._version_of is not None:
            version = self._version_of(value)
        if entry.outdates(version, now) or (version < 0 and flight.overtaken):
            found = entry.seen_as("cache")
        elif value is None:
            entry.learn_absent(began + self.policy.negative_ttl_s, now)
            found = Lookup(None, "origin", entry.version)
        else:
            entry.learn(value, version, began + self.policy.ttl_s, now)
            found = Lookup(value, "origin", entry.version)
        self._tell_loaded(key, began, None)
        self.tell_read(key, found)
        flight.land(found)
        return found

    def fail(self, key: K, entry: Entry[V], error: BaseException, began: float) -> Lookup[V]:
        """A load has failed, or was cancelled: what may be told instead.

        Raises:
            BaseException: the error, where nothing may be told instead.
        """
        if not isinstance(error, Exception):
            self._abandon(key, entry)
            raise error
        flight, entry.flight = entry.flight, None
        assert flight is not None
        self.load_failures += 1
        self._tell_loaded(key, began, error)
        found = self._instead(entry, error, overtaken=flight.overtaken)
        self._forget_blank(key, entry)
        flight.land(error if found is None else found)
        if found is None:
            raise error
        self.stale += found.source == "stale"
        self.tell_read(key, found)
        return found

    def tell_read(self, key: K, found: Lookup[V]) -> None:
        """Tell who listens of an answer."""
        if self.events.listeners:
            self.events.tell(CacheRead(self.name, key, found.source, found.value is None))

    async def _load(
        self, key: K, entry: Entry[V], load: _Load[Q, V], *args: Q.args, **kwargs: Q.kwargs
    ) -> Lookup[V]:
        self.loads += 1.0
        began = self._clock()
        try:
            value = await load(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - `fail` raises it, but for a stand-in
            return self.fail(key, entry, error, began)
        return self.keep(key, entry, value, began)

    def _applies(self, key: K, entry: Entry[V], version: int, now: float) -> bool:
        """Whether an event is news; a load on its way is told that it was overtaken."""
        if entry.outdates(version, now):
            self.events_outdated += 1
            return False
        self.events_applied += 1
        self._entries.move_to_end(key)
        entry.overtake()
        return True

    def _instead(self, entry: Entry[V], error: Exception, *, overtaken: bool) -> Lookup[V] | None:
        """What stands in for a load that failed: an event that came meanwhile, or an old value."""
        if self._judge(error) is Outcome.SUCCESS:
            return None
        now = self._clock()
        if overtaken and self.trusted and now < entry.fresh_until:
            return entry.seen_as("cache")
        stale_s = self.policy.stale_if_error_s
        if entry.value is None or not stale_s or now >= entry.fresh_until + stale_s:
            return None
        return entry.seen_as("stale")

    def _abandon(self, key: K, entry: Entry[V]) -> None:
        """The one who loads is cancelled: the next waiter loads, or nobody."""
        flight = entry.flight
        assert flight is not None
        flight.overtaken = False  # a new load begins after what came until now
        if not flight.hand_over():
            entry.flight = None
            self._forget_blank(key, entry)

    def _forget_blank(self, key: K, entry: Entry[V]) -> None:
        if entry.blank and self._entries.get(key) is entry:
            del self._entries[key]

    def _set_trust(self, *, trusted: bool) -> None:
        changed, self.trusted = trusted is not self.trusted, trusted
        if changed and self.events.listeners:
            self.events.tell(TrustChanged(self.name, trusted))

    def _tell_loaded(self, key: K, began: float, error: Exception | None) -> None:
        if self.events.listeners:
            self.events.tell(Loaded(self.name, key, self._clock() - began, error))
