"""One edge while a scenario is told: calls to the consumer, faults on its wire, what was seen."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from math import ceil
from typing import Literal

import httpx

from seatrial.checks import Call, Change, ConcurrentBatch, Evidence, Fault, ScenarioPhase, phases
from seatrial.config import Edge, Policy
from seatrial.errors import InvalidRun, UsageError
from seatrial.faults import ProcessFault
from seatrial.tap import Action, Match, Rule, Status, When
from seatrial.tap.barrier import Place
from seatrial.testbed.answers import looks_like
from seatrial.testbed.call_driver import CallDriver
from seatrial.testbed.correlator import Correlator
from seatrial.testbed.entities import EntityFactory
from seatrial.testbed.upstream import Upstream
from seatrial.wires import AnyFault, FaultTarget, FaultTerm, Wire, fault_name, target_named
from seatrial.wires.wire import Per

ChangeKind = Literal["changed", "removed"]
_NO_TIMEOUT_S = 2.0
"""How long an attempt may be held where no timeout of it is declared, twice."""
_SETTLE_S = 5.0
"""How long it may take a consumer that isn't fresh to be well again, beyond its open time twice."""
_MARGIN = 0.1
"""Of the declared open time, and in seconds: added before a breaker must let calls through."""


class LiveEdge:
    """A consumer that runs, its provider, and the wire between them. Times are seconds."""

    def __init__(
        self,
        edge: Edge,
        caller: CallDriver,
        wire: Wire,
        source: EntityFactory,
        entities: Iterable[str],
        *,
        may_enter: frozenset[ScenarioPhase] | None = None,
        may_hit: frozenset[FaultTarget] | None = None,
    ) -> None:
        """Take the parts; they are started and ended elsewhere.

        Args:
            edge: as it is declared.
            caller: asks the consumer.
            wire: between the consumer and its provider.
            source: makes and changes entities at the provider.
            entities: ids that nobody has asked this consumer for yet.
            may_enter: the phases in which calls may be made; None: any.
            may_hit: the targets of faults besides the way to the provider; None: any.
        """
        self.policy: Policy = edge.policy
        self.wire = wire
        self.tap = wire.tap
        self.source = source
        self.facts: dict[str, float] = {}
        """What a scenario counts besides; its checks read them."""
        self._edge = edge
        self._may_hit = may_hit
        self._may_enter = None if may_enter is None else may_enter | phases.HARNESS
        self._caller = caller
        self._entities = deque(entities)
        self._changes: list[Change] = []
        self._crowds: list[ConcurrentBatch] = []
        self._upstream = Upstream(edge.upstream)
        self._witness = Correlator(self._upstream, edge.policy)

    # Calls

    async def call(self, phase: ScenarioPhase, entity: str | None = None) -> Call:
        """Ask the consumer about an entity, by default one that nobody asked for before.

        Raises:
            UsageError: the scenario doesn't declare this phase.
        """
        self._enter(phase)
        return (await self._caller.call(phase, entity or self.new_entity()))[0]

    def _enter(self, phase: ScenarioPhase) -> None:
        if self._may_enter is not None and phase not in self._may_enter:
            raise UsageError(
                f"the scenario enters the phase {str(phase)!r}, which it doesn't declare; name it "
                "in its phases=[…], as a ScenarioPhase"
            )

    def new_entity(self) -> str:
        """An entity that nobody asked this consumer for before.

        Raises:
            InvalidRun: the scenario asked for fewer.
        """
        if not self._entities:
            raise InvalidRun("the scenario makes more calls than it asked entities for")
        return self._entities.popleft()

    async def calls(self, phase: ScenarioPhase, count: int) -> list[Call]:
        """One call after the other."""
        return [await self.call(phase) for _ in range(count)]

    async def calls_concurrently(self, phase: ScenarioPhase, count: int) -> list[Call]:
        """Calls that do not wait for each other."""
        return await asyncio.gather(*(self.call(phase) for _ in range(count)))

    async def concurrent_batch(
        self,
        phase: ScenarioPhase,
        count: int,
        *,
        entity: str | None = None,
        place: Place = "request",
    ) -> list[Call]:
        """Calls that are in flight together: the tap holds them until all have been seen.

        Seen is a call that waits at the tap, or that was answered without getting there.

        Args:
            phase: the part of the story that they belong to.
            count: how many.
            entity: all of them about this one; by default each about another.
            place: hold the requests, or their answers.
        """
        async with self._held(place):
            tasks = [asyncio.create_task(self.call(phase, entity)) for _ in range(count)]
            whole = await self._seen(count, lambda: sum(task.done() for task in tasks))
            self._crowds.append(ConcurrentBatch(phase, time.monotonic(), whole))
        return await asyncio.gather(*tasks)

    async def settle(self) -> None:
        """Call until a breaker that an earlier story opened is closed again, or for long enough."""
        breaker = self.policy.breaker
        if breaker is None:
            return
        until_s = time.monotonic() + 2 * breaker.open_s + _SETTLE_S
        good = 0
        while good <= breaker.successes and time.monotonic() < until_s:
            call = await self.call(phases.SETTLING)
            good = good + 1 if call.outcome == "good" else 0
            if not good:
                await asyncio.sleep(max(breaker.open_s / 10, 0.1))

    async def arrived(self, count: int) -> bool:
        """Wait until so many requests have reached the tap since the beginning of the last plan.

        False where they didn't within an attempt's time.
        """
        until_s = time.monotonic() + self._patience_s
        while time.monotonic() < until_s:
            if await self.wire.applied() >= count:
                return True
            await asyncio.sleep(0.005)
        return False

    async def cancelled(self, phase: ScenarioPhase, count: int) -> None:
        """Calls whose callers go away while their requests are at the provider."""
        async with self._held("request"):
            tasks = [asyncio.create_task(self.call(phase)) for _ in range(count)]
            await self._seen(count, lambda: sum(task.done() for task in tasks))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # A consumer that hears of it gives its own requests up; not all do.
            await asyncio.sleep(0.2 * min(self._patience_s, 1.0))

    @asynccontextmanager
    async def _held(self, place: Place) -> AsyncIterator[None]:
        await self.tap.set_barrier(self.match, place=place, timeout_s=2 * self._patience_s)
        try:
            yield
        finally:
            await self.tap.release()

    async def _seen(self, count: int, done: Callable[[], int]) -> bool:
        """Wait until so many calls are held or done; False where patience ended before."""
        until_s = time.monotonic() + self._patience_s
        while time.monotonic() < until_s:
            if await self.tap.waiting() + done() >= count:
                return True
            await asyncio.sleep(0.005)
        return False

    @property
    def _patience_s(self) -> float:
        """Held longer than this, a consumer would rightly give its attempts up."""
        retry = self.policy.retry
        return 0.5 * ((retry.attempt_timeout_s if retry else None) or _NO_TIMEOUT_S)

    # Changes at the provider

    async def change(self, entity: str) -> None:
        """Change an entity at the provider, and look until the consumer shows it."""
        await (await self.changing(entity))()

    async def remove(self, entity: str) -> None:
        """Remove an entity at the provider, and look until the consumer says that it is gone."""
        await (await self.removing(entity))()

    async def changing(self, entity: str) -> Callable[[], Awaitable[None]]:
        """Change an entity at the provider; what it returns looks until the consumer shows it."""
        edit = self._edge.entity.change
        if edit is None:
            return _nothing
        sent = await self.source.send(edit, entity)
        texts = [text for text in sent.values() if isinstance(text, str)]
        return self._looking(
            entity, "changed", lambda answer: all(text in answer.text for text in texts)
        )

    async def removing(self, entity: str) -> Callable[[], Awaitable[None]]:
        """Remove an entity at the provider; what it returns looks until it is said to be gone."""
        edit = self._edge.entity.remove
        if edit is None:
            return _nothing
        await self.source.send(edit, entity)
        return self._looking(
            entity, "removed", lambda answer: looks_like(answer, self._edge.missing)
        )

    def _looking(
        self, entity: str, kind: ChangeKind, shows: Callable[[httpx.Response], bool]
    ) -> Callable[[], Awaitable[None]]:
        async def look() -> None:
            cache = self.policy.cache
            begun_s = time.monotonic()
            until_s = begun_s + ((cache.fresh_within_s if cache else None) or 2.0) + 0.2
            shown_s = None
            while shown_s is None and time.monotonic() < until_s:
                call, answer = await self._caller.call(phases.LOOKING, entity)
                if answer is not None and shows(answer):
                    shown_s = call.ended_s
                else:
                    await asyncio.sleep(0.02)
            self._changes.append(Change(entity, kind, begun_s, shown_s))

        return look

    # Faults

    @asynccontextmanager
    async def fault(
        self,
        fault: AnyFault,
        *,
        on: FaultTarget = FaultTarget.PROVIDER,
        when: When | None = None,
        per: Per | None = None,
    ) -> AsyncIterator[None]:
        """Make a fault for the time of a block; it is removed at its end whatever happens.

        Args:
            fault: of the network (`down()`), of a process (`killed()`), or of HTTP: what is to be
                done to this edge's requests (`Status(status=503)`), or a whole `Rule`.
            on: the link or the process that it hits.
            when: which requests a fault of HTTP hits: `When(first=2)`.
            per: count them for each path, trace or idempotency key apart.

        Raises:
            UsageError: the scenario doesn't declare that it hits this, or it isn't there.
        """
        self._hit(target_named(on), fault)
        match = self.match if isinstance(fault, Action) else None
        async with self.wire.fault(fault, on=on, match=match, when=when, per=per):
            yield

    def _hit(self, target: FaultTarget, fault: AnyFault) -> None:
        is_way_to_provider = target == FaultTarget.PROVIDER and not isinstance(fault, ProcessFault)
        if self._may_hit is None or is_way_to_provider or target in self._may_hit:
            return
        raise UsageError(
            f"the scenario makes the fault {fault_name(fault)} on {str(target)!r}, which it "
            f"doesn't declare; add FaultTarget.{target.name} to its requires=[…]"
        )

    @asynccontextmanager
    async def plan(self, *rules: Rule) -> AsyncIterator[None]:
        """Faults of HTTP for the time of a block, before those that are in force already."""
        async with self.wire.plan(*rules):
            yield

    @property
    def match(self) -> Match:
        """The requests that this edge's calls make, for a rule of a plan."""
        return self._upstream.match

    @property
    def per_call(self) -> Per | None:
        """How a rule counts the requests of each call apart; None where the wire can't show it."""
        if self._upstream.in_path:
            return "path"
        return "trace" if self.policy.trace is not None else None

    @property
    def failing(self) -> Rule:
        """Every attempt is answered with a status that counts as a failure."""
        return Rule(match=self.match, do=Status(status=self.policy.failing_status))

    # Time

    async def until(self, moment_s: float) -> None:
        """Wait for a moment of the monotonic clock."""
        await asyncio.sleep(max(0.0, moment_s - time.monotonic()))

    @property
    def open_began_s(self) -> float:
        """The earliest moment at which the breaker can have opened: as its last call began."""
        return self._last(phases.FAILING).started_s

    async def open_time_over(self, phase: ScenarioPhase = phases.FAILING) -> None:
        """Wait until a breaker that the calls of a phase opened must let calls through again."""
        breaker = self.policy.breaker
        if breaker is not None:
            latest_s = max(call.ended_s for call in self._caller.made if call.phase == phase)
            await self.until(latest_s + breaker.open_s * (1 + _MARGIN) + _MARGIN)

    def _last(self, phase: ScenarioPhase) -> Call:
        return [call for call in self._caller.made if call.phase == phase][-1]

    @property
    def calls_to_open(self) -> int:
        """How many calls that fail open the breaker as it is declared; without one, a few."""
        breaker, retry = self.policy.breaker, self.policy.retry
        if breaker is None:
            return 3
        if breaker.order == "inside-retry" and retry is not None:
            return ceil(breaker.failures / retry.attempts)
        return breaker.failures

    # What was seen

    async def evidence(self) -> Evidence:
        """All that was seen so far."""
        calls = tuple(sorted(self._caller.made, key=lambda call: call.started_s))
        reader = self._caller.reader
        return Evidence(
            policy=self.policy,
            calls=calls,
            attempts=self._witness.attempts(await self.tap.settled(), calls),
            faults=_faults(self.wire.terms()),
            changes=tuple(self._changes),
            batches=tuple(self._crowds),
            answers=reader.outcomes,
            shows_entity=reader.shows_entity,
            facts=self.facts,
        )


def _faults(terms: Iterable[FaultTerm]) -> tuple[Fault, ...]:
    """Return what was in force when; what still is, up to now."""
    return tuple(
        Fault(
            term.name if term.on == "provider" else f"{term.name} ({term.on})",
            term.started_s,
            time.monotonic() if term.ended_s is None else term.ended_s,
        )
        for term in terms
    )


async def _nothing() -> None:
    """Nothing was changed, so there is nothing to look for."""
