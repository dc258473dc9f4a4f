"""The cache next to a plain dictionary with times, under lookups, ends of loads, events and time.

Loads end when the machine says so, so that anything can happen while they are on their way. The
model is written for reading: it knows of no futures, tasks or shortcuts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from seatrial.resilience import Cache, CachePolicy, Lookup, Rejected, Unavailable
from seatrial.resilience.testing import VirtualTimeLoop

TTL_S, NEGATIVE_S, STALE_S, ROOM = 10.0, 1.0, 5.0, 3
KEYS = st.sampled_from("abcde")
VERSIONS = st.integers(0, 4)


class Thing(NamedTuple):
    """A value; `stamp` distinguishes those of the same version."""

    version: int
    stamp: int


@dataclass
class Known:
    """A key as the model knows it."""

    thing: Thing | None
    version: int
    fresh_until: float
    guards_until: float
    gone: bool = False


@dataclass
class Waiting:
    """A load on its way, and everybody who waits for it, the one who loads first."""

    began: float
    tasks: list[asyncio.Task[Lookup[Thing]]]
    overtaken: bool = False


@dataclass
class Model:
    """A dictionary with times, in the order of use."""

    versioned: bool
    known: dict[str, Known] = field(default_factory=dict)
    loads: dict[str, Waiting] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    trusted: bool = True

    def use(self, key: str) -> None:
        """The key is the most recently used one; a new one pushes out the oldest idle one."""
        is_new = key not in self.used
        if not is_new:
            self.used.remove(key)
        self.used.append(key)
        if is_new:
            self.trim(keep=key)

    def trim(self, keep: str | None = None) -> None:
        """Push out the oldest idle keys that are too many."""
        idle = [held for held in self.used if held not in self.loads and held != keep]
        while idle and len(self.used) > ROOM:
            oldest = idle.pop(0)
            self.used.remove(oldest)
            self.known.pop(oldest, None)

    def forget_blank(self, key: str) -> None:
        """A key that nothing is known of isn't held, unless it is being loaded."""
        if key not in self.known and key not in self.loads:
            self.used.remove(key)
        self.trim()

    def is_fresh(self, key: str, now: float) -> bool:
        """Return True if a lookup is answered at once."""
        return self.trusted and key in self.known and now < self.known[key].fresh_until

    def outdates(self, key: str, version: int, now: float) -> bool:
        """Return True if something newer is known."""
        known = self.known.get(key)
        if known is None or version < 0 or now >= known.guards_until:
            return False
        return version < known.version or (known.gone and version == known.version)

    def newest(self, key: str, version: int, now: float) -> int:
        """The version to remember."""
        known = self.known.get(key)
        return max(version, known.version) if known and now < known.guards_until else version

    def event(self, key: str, thing: Thing | None, version: int, now: float) -> None:
        """An event."""
        if self.outdates(key, version, now):
            return
        version = self.newest(key, version, now)
        if key in self.loads:
            self.loads[key].overtaken = True
        until = now + (NEGATIVE_S if thing is None else TTL_S)
        self.known[key] = Known(thing, version, until, now + TTL_S, gone=thing is None)
        self.use(key)

    def loaded(self, key: str, thing: Thing | None, now: float) -> Lookup[Thing]:
        """Return what a load answers that has brought something."""
        load = self.loads.pop(key)
        version = thing.version if thing is not None and self.versioned else -1
        if self.outdates(key, version, now) or (version < 0 and load.overtaken):
            known = self.known[key]
            self.trim()
            return Lookup(known.thing, "cache", known.version)
        version, known_before = self.newest(key, version, now), self.known.get(key)
        until = load.began + (NEGATIVE_S if thing is None else TTL_S)
        guards_until, gone = until, False
        if not self.versioned and thing is not None and known_before is not None:
            guards_until = max(known_before.guards_until, until)
        if thing is None and known_before is not None:
            guards_until, gone = max(known_before.guards_until, until), known_before.gone
        self.known[key] = Known(thing, version, until, guards_until, gone)
        self.trim()
        return Lookup(thing, "origin", version)

    def failed(self, key: str, now: float, *, answered: bool) -> Lookup[Thing] | None:
        """Return what stands in for a load that failed, if anything does."""
        load, known = self.loads.pop(key), self.known.get(key)
        self.forget_blank(key)
        if known is None or answered:
            return None
        if load.overtaken and self.trusted and now < known.fresh_until:
            return Lookup(known.thing, "cache", known.version)
        if known.thing is not None and now < known.fresh_until + STALE_S:
            return Lookup(known.thing, "stale", known.version)
        return None


class CacheMachine(RuleBasedStateMachine):
    """Versioned loads; the key is looked up by `Cache.get`."""

    versioned = True

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualTimeLoop()
        policy = CachePolicy(
            ttl_s=TTL_S, max_entries=ROOM, negative_ttl_s=NEGATIVE_S, stale_if_error_s=STALE_S
        )
        version_of = (lambda thing: thing.version) if self.versioned else None
        self.cache: Cache[str, Thing] = Cache(policy, version_of=version_of, clock=self.loop.time)
        self.model = Model(self.versioned)
        self.loads: dict[str, list[asyncio.Future[Thing | None]]] = {}
        self.loading: dict[str, int] = {}
        self.stamps = 0
        self.hits = self.asked = 0

    async def load(self, key: str) -> Thing | None:
        """Ask the origin, which answers when the machine says so."""
        self.asked += 1
        self.loading[key] = self.loading.get(key, 0) + 1
        assert self.loading[key] == 1, "two loads of one key at once"
        answer = self.loop.create_future()
        self.loads.setdefault(key, []).append(answer)
        try:
            return await answer  # type: ignore[no-any-return]
        finally:
            self.loading[key] -= 1
            self.loads[key].remove(answer)

    def settle(self) -> None:
        """Let everything happen that needs no time."""

        async def turns() -> None:
            for _ in range(6):
                await asyncio.sleep(0)

        self.loop.run(turns())

    def thing(self, version: int) -> Thing:
        """A new value."""
        self.stamps += 1
        return Thing(version, self.stamps)

    async def look_up(self, key: str) -> Lookup[Thing]:
        """One lookup."""
        return await self.cache.get(key, self.load)

    def answered(self, found: Lookup[Thing]) -> Lookup[Thing]:
        """Return what a lookup answers of what the model knows."""
        return found

    @rule(key=KEYS)
    def lookup(self, key: str) -> None:
        """Somebody asks."""
        now = self.loop.time()
        task = self.loop.create_task(self.look_up(key))
        self.settle()
        self.model.use(key)
        if self.model.is_fresh(key, now):
            known = self.model.known[key]
            self.hits += 1
            assert task.result() == self.answered(Lookup(known.thing, "cache", known.version))
            return
        assert not task.done()
        if key in self.model.loads:
            self.model.loads[key].tasks.append(task)
        else:
            self.model.loads[key] = Waiting(now, [task])
        assert self.loading[key] == 1

    @precondition(lambda self: self.model.loads)
    @rule(data=st.data(), version=st.one_of(st.none(), VERSIONS))
    def answer(self, data: st.DataObject, version: int | None) -> None:
        """The origin answers."""
        key = data.draw(st.sampled_from(sorted(self.model.loads)))
        thing = None if version is None else self.thing(version)
        tasks = self.model.loads[key].tasks
        expected = self.answered(self.model.loaded(key, thing, self.loop.time()))
        self.loads[key][0].set_result(thing)
        self.settle()
        assert [task.result() for task in tasks] == [expected] * len(tasks)

    @precondition(lambda self: self.model.loads)
    @rule(data=st.data(), answered=st.booleans())
    def fail(self, data: st.DataObject, answered: bool) -> None:
        """The origin fails, or says no; all who wait get that, and nobody asks again."""
        key = data.draw(st.sampled_from(sorted(self.model.loads)))
        tasks, asked = self.model.loads[key].tasks, self.asked
        expected = self.model.failed(key, self.loop.time(), answered=answered)
        error = Rejected(status=403) if answered else Unavailable()
        self.loads[key][0].set_exception(error)
        self.settle()
        assert self.asked == asked
        for task in tasks:
            if expected is None:
                assert type(task.exception()) is type(error)
            else:
                assert task.result() == self.answered(expected)
        errors = [task.exception() for task in tasks if task.exception() is not None]
        assert len({id(error) for error in errors}) == len(errors)

    @precondition(lambda self: self.model.loads)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """One of those who wait is cancelled; nobody else notices."""
        key = data.draw(st.sampled_from(sorted(self.model.loads)))
        load = self.model.loads[key]
        index = data.draw(st.integers(0, len(load.tasks) - 1))
        asked = self.asked
        task = load.tasks.pop(index)
        task.cancel()
        self.settle()
        assert task.cancelled()
        assert not any(other.done() for other in load.tasks)
        if not load.tasks:
            del self.model.loads[key]
            self.model.forget_blank(key)
        elif index == 0:
            load.began, load.overtaken = self.loop.time(), False
            assert self.asked == asked + 1

    @rule(key=KEYS, version=VERSIONS)
    def put(self, key: str, version: int) -> None:
        """An event says what the key is."""
        thing = self.thing(version)
        outdated = self.model.outdates(key, version, self.loop.time())
        self.model.event(key, thing, version, self.loop.time())
        assert self.cache.put(key, thing, version) is not outdated

    @rule(key=KEYS, version=VERSIONS)
    def drop(self, key: str, version: int) -> None:
        """An event says that the key is no more."""
        outdated = self.model.outdates(key, version, self.loop.time())
        self.model.event(key, None, version, self.loop.time())
        assert self.cache.drop(key, version) is not outdated

    @rule(trusted=st.booleans())
    def trust(self, trusted: bool) -> None:
        """The events are lost, or caught up with."""
        self.model.trusted = trusted
        (self.cache.trust if trusted else self.cache.distrust)()

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0, 10.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.loop.run(asyncio.sleep(seconds))

    @invariant()
    def counters_add_up(self) -> None:
        """The counters say what happened."""
        snapshot = self.cache.snapshot()
        assert snapshot.loads == self.asked
        assert snapshot.hits == self.hits
        assert snapshot.trusted == self.model.trusted

    @invariant()
    def the_same_keys_are_held(self) -> None:
        """Bounded but for what is being loaded, in the very order of use, whatever the path."""
        assert list(self.cache._entries) == self.model.used
        assert len(self.cache) <= max(ROOM, len(self.model.loads) + 1)

    def teardown(self) -> None:
        """Let go of whoever still waits."""
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.settle()
        self.loop.close()


class UnversionedMachine(CacheMachine):
    """Loads without a version: an event that came meanwhile wins."""

    versioned = False


class WrappedMachine(UnversionedMachine):
    """Loads without a version, through the wrapped call, which answers the value alone."""

    def __init__(self) -> None:
        super().__init__()
        self.call = self.cache.wrap(self.load)

    async def look_up(self, key: str) -> Lookup[Thing]:
        """One lookup."""
        return self.answered(Lookup(await self.call(key), "origin"))

    def answered(self, found: Lookup[Thing]) -> Lookup[Thing]:
        """The value alone."""
        return Lookup(found.value, "cache")


SETTINGS = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestVersioned = CacheMachine.TestCase
TestVersioned.settings = SETTINGS
TestUnversioned = UnversionedMachine.TestCase
TestUnversioned.settings = SETTINGS
TestWrapped = WrappedMachine.TestCase
TestWrapped.settings = SETTINGS
