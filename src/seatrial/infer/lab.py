"""Where experiments are made: consumers on a wire, one after the other."""

import asyncio
import itertools
import re
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Container,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from seatrial.checks import Attempt, Call
from seatrial.checks.phases import ScenarioPhase
from seatrial.errors import InvalidRun
from seatrial.infer.trials import Trial
from seatrial.tap import Action, JournalEntry, Match, Rule, When
from seatrial.testbed import CallDriver, Clock, Correlator, Testbed, Upstream
from seatrial.wires import AnyFault, Wire

T = TypeVar("T")
R = TypeVar("R")

PHASE = ScenarioPhase("infer", "an experiment's call")
_POLL_S = 0.005
_MORE = 25
_STARTS = 4
"""Consumers that are started until one answers well."""
_TICK_S = 0.005
_LATE_S = 0.003
"""A timer that is later was held up by the machine."""
_STABLE_S = 0.6
"""When no further call has arrived for so long, the others wait within the consumer."""


@dataclass(frozen=True)
class Gathered:
    """Concurrent calls at the moment at which no further one would have come."""

    waiting: int
    """Requests at the tap."""
    done: int
    """Calls that had been answered by then."""
    released_s: float
    """When what waited was let go."""
    took_s: float
    """The time after which no further one came."""
    whole: bool
    """Whether each call was seen, or nothing changed for a while, before any was given up."""


@dataclass
class Lab:
    """One consumer, its wire and calls to it. Times are seconds."""

    testbed: Testbed
    driver: CallDriver
    wire: Wire
    upstream: Upstream
    patience_s: float
    """The longest that anything is waited for."""
    ready: list[str] = field(default_factory=list)
    """Entities that this consumer hasn't heard of, made before it was started."""
    lags: list[tuple[float, float]] = field(default_factory=list)
    """When a timer was due and when it came, each time that it was late."""
    _entries: dict[int, JournalEntry] = field(default_factory=dict)
    """Of the tap's journal, by id, as they were when they were read."""
    _over: int = 0
    """The entries up to this id were over when they were read, and aren't read again."""

    @property
    def clock(self) -> Clock:
        """The clock of calls, attempts and waits."""
        return self.testbed.clock

    @property
    def now_s(self) -> float:
        """The time."""
        return self.clock.now_s()

    @asynccontextmanager
    async def timed(self) -> AsyncIterator[None]:
        """Watch the machine's delays for the time of a block; a virtual clock has none."""
        if self.testbed.engine_name == "virtual":
            yield
            return
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            due_s = self.now_s + _TICK_S
            await self.clock.sleep(_TICK_S)
            came_s = self.now_s
            if came_s - due_s > _LATE_S:
                self.lags.append((due_s, came_s))

    async def until(self, moment_s: float) -> None:
        """Wait for a moment of the clock."""
        await self.clock.sleep(max(0.0, moment_s - self.now_s))

    async def new_entity(self) -> str:
        """Return an entity that nobody asked this consumer for before."""
        if not self.ready:
            self.ready = await self.testbed.pool.take(_MORE, own=True)
        return self.ready.pop()

    async def new_entities(self, count: int) -> list[str]:
        """Return this many of them."""
        return [await self.new_entity() for _ in range(count)]

    async def call(self, entity: str | None = None, *, trace_id: str | None = None) -> Call:
        """Call the consumer about an entity, by default a new one."""
        entity = entity or await self.new_entity()
        found, _ = await self.driver.call(PHASE, entity, trace_id)
        return found

    async def calls(self, count: int) -> list[Call]:
        """Make calls one after the other, each about a new entity."""
        return [await self.call() for _ in range(count)]

    async def concurrently(self, count: int) -> list[Call]:
        """Make calls that don't wait for each other, each about a new entity."""
        return await self.about(await self.new_entities(count))

    async def about(self, entities: Sequence[str], *, together: int = 20) -> list[Call]:
        """Call about each of these entities, some at the same time.

        One after the other where requests don't say their entity: none could be tied to its call.
        """
        gate = asyncio.Semaphore(together if self.tells_entities else 1)

        async def one(entity: str) -> Call:
            async with gate:
                return await self.call(entity)

        return list(await asyncio.gather(*(one(entity) for entity in entities)))

    async def at_once(
        self,
        count: int,
        entity: str | None = None,
        *,
        hold_s: float,
        stable_s: float = _STABLE_S,
    ) -> tuple[list[Call], "Gathered"]:
        """Make calls that are in flight together, and say how they gathered.

        The tap holds what arrives until every call has arrived or was answered without arriving.

        Args:
            count: how many.
            entity: all of them about this one; by default each about a new one.
            hold_s: the longest time; an attempt that is held longer would be given up.
            stable_s: when nothing changed for so long, what is missing waits within the consumer.
        """
        entities = [entity or await self.new_entity() for _ in range(count)]
        await self.wire.tap.set_barrier(self.match, timeout_s=min(4 * self.patience_s, 600.0))
        tasks = [asyncio.create_task(self.call(one)) for one in entities]
        try:
            gathered = await self._gathered(tasks, hold_s, stable_s)
        finally:
            await self.wire.tap.release()
        return list(await asyncio.gather(*tasks)), gathered

    async def _gathered(
        self, tasks: Sequence["asyncio.Task[Call]"], hold_s: float, stable_s: float
    ) -> "Gathered":
        began_s = since_s = self.now_s
        seen = (0, 0)
        while True:
            now_s = self.now_s
            waiting, done = await self.wire.tap.waiting(), sum(task.done() for task in tasks)
            if (waiting, done) != seen:
                seen, since_s = (waiting, done), now_s
            steady = sum(seen) > 0 and now_s - since_s > stable_s
            if sum(seen) >= len(tasks) or steady or now_s - began_s > hold_s:
                late = self.now_s - began_s > hold_s
                return Gathered(*seen, self.now_s, since_s - began_s, whole=not late)
            await self.clock.sleep(_POLL_S)

    @asynccontextmanager
    async def fault(self, fault: AnyFault, *, first: int | None = None) -> AsyncIterator[None]:
        """Put a fault on the way to the provider for the time of a block.

        Args:
            fault: of the network, or of HTTP.
            first: a fault of HTTP hits only the first N requests.
        """
        if isinstance(fault, Action):
            when = None if first is None else When(first=first)
            async with self.wire.fault(fault, match=self.match, when=when):
                yield
        else:
            async with self.wire.fault(fault):
                yield

    @asynccontextmanager
    async def fault_for_each(
        self, entities: Sequence[str], fault: Action, *, first: int | None = None
    ) -> AsyncIterator[None]:
        """Put a fault on the requests about these entities, counted for each of them apart."""
        when = When() if first is None else When(first=first)
        rules = [Rule(match=self.match_of(one), when=when, do=fault) for one in entities]
        async with self.wire.plan(*rules):
            yield

    @property
    def tells_entities(self) -> bool:
        """Whether a request says which entity it is about, so that calls can be told apart."""
        return self.upstream.names_entity

    def match_of(self, entity: str) -> Match:
        """The requests about one entity."""
        return Match.model_validate({**self.match.model_dump(), "entity": re.escape(entity)})

    @property
    def match(self) -> Match:
        """The requests that the edge's calls make."""
        return self.upstream.match

    async def attempts(self) -> tuple[tuple[Attempt, ...], tuple[Attempt, ...]]:
        """Return what reached the provider's side of all calls so far, and what can't be tied."""
        try:
            self._read((await self.wire.settled(self._over)).entries)
        except InvalidRun:  # something hangs; what has arrived is written down all the same
            self._read(await self.wire.journal(self._over))
        return self._tied(self._entries.values(), self.driver.made)

    async def sent_by(self, call: Call) -> int:
        """Return how many requests a call has sent so far, with those that may be its own."""
        self._read(await self.wire.journal(self._over))
        late = itertools.takewhile(
            lambda one: one.arrived_s >= call.started_s, reversed(self._entries.values())
        )
        calls = [one for one in self.driver.made if one.ended_s >= call.started_s]
        tied, untied = self._tied(reversed(list(late)), calls)
        sent = Trial("", tuple(calls), tied).attempts_of(call)
        return len(sent) + sum(call.started_s <= one.arrived_s <= call.ended_s for one in untied)

    def _read(self, entries: Iterable[JournalEntry]) -> None:
        """Take what the journal holds after what was over when it was read before."""
        under_way = False
        for entry in entries:
            self._entries[entry.id] = entry
            under_way = under_way or entry.pending
            if not under_way:
                self._over = entry.id

    def _tied(
        self, entries: Iterable[JournalEntry], calls: Iterable[Call]
    ) -> tuple[tuple[Attempt, ...], tuple[Attempt, ...]]:
        correlator = Correlator(self.upstream, self.testbed.edge.policy)
        return correlator.attempts(entries, sorted(calls, key=lambda call: call.started_s))

    async def trial(
        self,
        label: str,
        calls: Sequence[Call],
        facts: Mapping[str, float] | None = None,
        *,
        whole: bool = True,
        tied: bool = True,
    ) -> Trial:
        """Put some calls and their attempts down.

        Args:
            label: names the part.
            calls: these.
            facts: what was set or counted besides.
            whole: whether the part may be concluded from.
            tied: whether it needs to know which call sent which request.
        """
        attempts, untied = await self.attempts()
        whole = whole and not (tied and untied)
        return Trial(label, tuple(calls), attempts, facts or {}, whole, tuple(self.lags))


class OpenLab(Protocol):
    """Opens a lab for the time of a block."""

    def __call__(self, *, fresh: bool) -> AbstractAsyncContextManager[Lab]:
        """Open it, on a fresh consumer or on one that only ever made good calls."""


@dataclass
class Bench:
    """Makes labs: each with a consumer that was just started, where that is possible."""

    open_lab: "OpenLab"
    patience_s: float = 30.0
    repeatable: bool = True
    """Whether each lab has a consumer of its own; else one that runs already is waited for."""
    concurrency: int = 1
    """Labs that may be open at the same time."""

    async def each(
        self,
        items: Sequence[T],
        work: Callable[[Lab, T], Awaitable[R]],
        *,
        settled: Container[T] = (),
    ) -> list[R]:
        """Do work for each item, each on a fresh consumer, some concurrently.

        Args:
            items: what to do it for.
            work: what to do.
            settled: those whose calls all succeed at once: a consumer will do that made no others.
        """
        gate = asyncio.Semaphore(self.concurrency)

        async def one(item: T) -> R:
            async with gate:
                for _ in range(_STARTS - 1):
                    try:
                        async with self.open_lab(fresh=item not in settled) as lab:
                            return await work(lab, item)
                    except InvalidRun:  # a busy machine may be too slow for it
                        continue
                async with self.open_lab(fresh=item not in settled) as lab:
                    return await work(lab, item)

        return list(await asyncio.gather(*(one(item) for item in items)))

    async def on_each(
        self,
        conditions: Sequence[str],
        work: Callable[[Lab, str], Awaitable[Trial]],
        *,
        settled: Container[str] = (),
    ) -> list[Trial]:
        """Make one trial for each condition, as `each` does its work."""
        return await self.each(conditions, work, settled=settled)
