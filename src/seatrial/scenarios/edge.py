"""One edge while a scenario runs on it: calls to the consumer, faults on the wire, evidence."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from seatrial.checks import KINDS, SHOWN, Call, Evidence, Fault, ScenarioPhase, phases
from seatrial.config import DeclaredPolicy, Edge, FailureCause
from seatrial.errors import InvalidRun, UsageError
from seatrial.faults import ProcessFault, black_hole, down, reset
from seatrial.scenarios.changes import EntityChanges, Look
from seatrial.scenarios.concurrent import ConcurrentCalls
from seatrial.tap import Action, BarrierPlace, Close, Match, Rule, Status, When
from seatrial.testbed import MACHINE_CLOCK, CallDriver, Clock, Correlator, EntityFactory, Upstream
from seatrial.wires import AnyFault, CountedPer, FaultTarget, Wire, fault_name, target_named

_SETTLE_S = 5.0
"""How long it may take a consumer that isn't fresh to be well again, beyond its open time twice."""
_MARGIN = 0.1
"""Of the declared open time, and in seconds: added before a breaker must let calls through."""
_MOST_MARGIN_S = 1.0
_HIDING = frozenset(fault.name for fault in (down(), black_hole(), reset()))
"""Faults on the way to the provider that let no request through to the tap."""
_A_FEW = 3
"""Failing calls where no breaker is declared."""
_MANY = 40
"""Calls before them that a rate of failures is made up for, at most."""


class OutOfEntities(InvalidRun):
    """A scenario makes calls about more entities than there are."""


class LiveEdge:
    """A consumer that runs, its provider, and the wire between them. Times are seconds."""

    def __init__(
        self,
        edge: Edge,
        driver: CallDriver,
        wire: Wire,
        source: EntityFactory,
        entities: Iterable[str],
        *,
        clock: Clock = MACHINE_CLOCK,
        again: Callable[[int], Awaitable[list[str]]] | None = None,
        may_enter: frozenset[ScenarioPhase] | None = None,
        may_hit: frozenset[FaultTarget] | None = None,
    ) -> None:
        """Take the parts; they are started and ended elsewhere.

        Args:
            edge: as it is declared.
            driver: calls the consumer.
            wire: between the consumer and its provider.
            source: makes and changes entities at the provider.
            entities: ids that nobody has asked this consumer for yet.
            clock: of the calls and of all waits.
            again: makes this many entities at a provider that forgot them with its process.
            may_enter: the phases in which calls may be made; None: any.
            may_hit: the targets of faults besides the way to the provider; None: any.
        """
        self.policy: DeclaredPolicy = edge.policy
        self.wire = wire
        self.clock = clock
        self.facts: dict[str, float] = {}
        """What a scenario counts besides; its checks read them."""
        self._driver = driver
        self._source = source
        self._again = again
        self._reading = edge.upstream
        self._entities = deque(entities)
        self._may_hit = may_hit
        self._may_enter = None if may_enter is None else may_enter | phases.HARNESS
        self._upstream = Upstream(edge.upstream)
        self._correlator = Correlator(self._upstream, edge.policy)
        self._source = source
        self._changes = EntityChanges(edge, driver, source, clock)
        self._concurrent = ConcurrentCalls(wire, self._upstream.match, edge.policy, clock)

    # Calls

    async def call(self, phase: ScenarioPhase, entity: str | None = None) -> Call:
        """Ask the consumer about an entity, by default one that nobody asked for before.

        Raises:
            UsageError: the scenario doesn't declare this phase.
        """
        self._enter(phase)
        return (await self._driver.call(phase, entity or self.new_entity()))[0]

    def _enter(self, phase: ScenarioPhase) -> None:
        if self._may_enter is not None and phase not in self._may_enter:
            raise UsageError(
                f"the scenario enters the phase {str(phase)!r}, which it doesn't declare; name it "
                "in its phases=[…], as a ScenarioPhase"
            )

    def new_entity(self) -> str:
        """Return an entity that nobody asked this consumer for before.

        Raises:
            OutOfEntities: the scenario asked for fewer.
        """
        if not self._entities:
            raise OutOfEntities("the scenario makes more calls than it asked entities for")
        return self._entities.popleft()

    def look_alikes(self) -> list[str]:
        """Return new ids that a careless key takes for one another, where ids are made up."""
        return self._source.look_alikes()

    async def calls(self, phase: ScenarioPhase, count: int) -> list[Call]:
        """Make calls one after the other."""
        return [await self.call(phase) for _ in range(count)]

    async def calls_concurrently(self, phase: ScenarioPhase, count: int) -> list[Call]:
        """Make calls that do not wait for each other."""
        return await asyncio.gather(*(self.call(phase) for _ in range(count)))

    async def failing_calls(self) -> None:
        """Make as many calls as open the breaker as declared, while a fault lets them fail.

        Those of a rate at once: its open time may begin at any of them.
        """
        breaker = self.policy.breaker
        if breaker is not None and breaker.rate is not None and breaker.order == "around-retry":
            await self.calls_concurrently(phases.FAILING, self.calls_to_open)
        else:
            await self.calls(phases.FAILING, self.calls_to_open)

    async def concurrent_batch(
        self,
        phase: ScenarioPhase,
        count: int,
        *,
        entity: str | None = None,
        place: BarrierPlace = "request",
    ) -> list[Call]:
        """Make calls that are in flight together: the tap holds them until all have been seen.

        Args:
            phase: the part of the scenario that they belong to.
            count: how many.
            entity: all of them about this one; by default each about another.
            place: hold the requests, or their answers.
        """
        calls = [partial(self.call, phase, entity)] * count
        return await self._concurrent.batch(phase, calls, place)

    async def cancelled(self, phase: ScenarioPhase, count: int) -> None:
        """Make calls whose callers go away while their requests are at the provider."""
        await self._concurrent.cancelled([partial(self.call, phase)] * count)

    @asynccontextmanager
    async def under_way(
        self, phase: ScenarioPhase, *entities: str, place: BarrierPlace = "request"
    ) -> AsyncIterator[Sequence[asyncio.Future[Call]]]:
        """Make a call about each entity; for the time of a block the tap holds it.

        Args:
            phase: the part of the scenario that they belong to.
            entities: what they are about.
            place: hold the requests, or their answers.
        """
        calls = [partial(self.call, phase, entity) for entity in entities]
        async with self._concurrent.under_way(calls, place) as tasks:
            yield tasks

    async def noticed(self) -> None:
        """Wait until a consumer that hears of a caller's going, or of a change, has done so."""
        await self._concurrent.noticed()

    async def arrived(self, count: int) -> bool:
        """Wait until this many requests have reached the tap since the last plan began.

        False where they didn't within an attempt's time.
        """
        return await self._concurrent.arrived(count)

    async def settle(self) -> None:
        """Call until a breaker that an earlier scenario opened is closed again, or long enough."""
        breaker = self.policy.breaker
        if breaker is None:
            return
        until_s = self.clock.now_s() + 2 * breaker.open_s + _SETTLE_S
        good = 0
        while good <= breaker.successes and self.clock.now_s() < until_s:
            call = await self.call(phases.SETTLING)
            good = good + 1 if call.outcome == "good" else 0
            if not good:
                await self.clock.sleep(max(breaker.open_s / 10, 0.1))

    # Changes at the provider

    async def change(self, entity: str) -> None:
        """Change an entity at the provider, and look until the consumer shows it."""
        await (await self._changes.change(entity))()

    async def remove(self, entity: str) -> None:
        """Remove an entity at the provider, and look until the consumer says that it is gone."""
        await (await self._changes.remove(entity))()

    async def changing(self, entity: str) -> Look:
        """Change an entity at the provider; what it returns looks until the consumer shows it."""
        return await self._changes.change(entity)

    async def removing(self, entity: str) -> Look:
        """Remove an entity at the provider; what it returns looks until it is said to be gone."""
        return await self._changes.remove(entity)

    # Faults

    @asynccontextmanager
    async def fault(
        self,
        fault: AnyFault,
        *,
        on: FaultTarget = FaultTarget.PROVIDER,
        when: When | None = None,
        per: CountedPer | None = None,
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
        if isinstance(fault, ProcessFault) and on == FaultTarget.PROVIDER:
            await self._renew_entities()

    async def _renew_entities(self) -> None:
        """Make the entities that are left again, where the provider had them in memory alone."""
        if self._again is None or not self._entities:
            return
        if await self._source.has_forgotten(self._entities[0], self._reading):
            self._entities = deque(await self._again(len(self._entities)))

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
        """Make faults of HTTP for the time of a block, before those that are in force already."""
        async with self.wire.plan(*rules):
            yield

    @property
    def match(self) -> Match:
        """The requests that this edge's calls make, for a rule of a plan."""
        return self._upstream.match

    @property
    def names_entity(self) -> bool:
        """True if a request says which entity it is about."""
        return self._upstream.names_entity

    @property
    def per_call(self) -> CountedPer | None:
        """How a rule counts the requests of each call apart; None where the wire can't show it."""
        if self._upstream.in_path:
            return "path"
        return "trace" if self.policy.trace is not None else None

    @property
    def failing(self) -> Rule:
        """Every attempt is answered with a status that counts as a failure."""
        return Rule(match=self.match, do=Status(status=self.policy.failing_status))

    @property
    def failing_at_once(self) -> Rule:
        """Every attempt fails, and asks for a wait that ends its call at once, where one can.

        Where a breaker counts attempts, a call must make all of them.
        """
        retry, breaker = self.policy.retry, self.policy.breaker
        counts_attempts = breaker is not None and breaker.order == "inside-retry"
        asked_s = None
        if retry and retry.retry_after_cap_s is not None and not counts_attempts:
            asked_s = int(max(retry.retry_after_cap_s, retry.deadline_s or 0.0)) + 1
        return Rule(
            match=self.match, do=Status(status=self.policy.failing_status, retry_after_s=asked_s)
        )

    @property
    def retried_failure(self) -> Action:
        """A failure that is tried again: a status, or where none is, a closed connection."""
        declared = self.policy.failures
        status = declared.retried_status if declared else self.policy.failing_status
        return Close() if status is None else Status(status=status)

    # Time

    async def until(self, moment_s: float) -> None:
        """Wait for a moment of the clock."""
        await self.clock.sleep(max(0.0, moment_s - self.clock.now_s()))

    @property
    def open_began_s(self) -> float:
        """The earliest moment at which the breaker can have opened: as its last call began."""
        return self._made_in(phases.FAILING)[-1].started_s

    async def open_time_over(self, phase: ScenarioPhase = phases.FAILING) -> None:
        """Wait until a breaker that the calls of a phase opened must let calls through again."""
        breaker = self.policy.breaker
        if breaker is not None:
            latest_s = max(call.ended_s for call in self._made_in(phase))
            margin_s = min(_MARGIN * breaker.open_s, _MOST_MARGIN_S) + _MARGIN
            await self.until(latest_s + breaker.open_s + margin_s)

    def _made_in(self, phase: ScenarioPhase) -> list[Call]:
        return [call for call in self._driver.made if call.phase == phase]

    @property
    def calls_to_open(self) -> int:
        """How many calls that fail open the breaker as it is declared; without one, a few."""
        return self.calls_to_open_by(self.policy.failing_status)

    def calls_to_open_by(self, cause: FailureCause) -> int:
        """Return the same for calls that fail for one cause.

        A rate needs the more of them the more others were made within its window.
        """
        breaker = self.policy.breaker
        made = [call for call in self._driver.made if not self._counts(call)]
        if breaker is not None and breaker.rate is not None and breaker.rate.window_s is not None:
            since_s = self.clock.now_s() - breaker.rate.window_s
            made = [call for call in made if call.ended_s > since_s]
        return self.policy.calls_to_open_by(cause, good=min(len(made), _MANY)) or _A_FEW

    def _counts(self, call: Call) -> bool:
        """Return True if a call was made to fail, did, and counts towards the breaker."""
        kind = next((one for one in KINDS.values() if one.failing == call.phase), None)
        is_counted = call.phase in phases.OPENING if kind is None else kind.is_counted(self.policy)
        return is_counted and call.outcome not in SHOWN

    @property
    def calls_to_close(self) -> int:
        """How many calls that succeed close a breaker that one failure opens; else one."""
        breaker = self.policy.breaker
        return breaker.successes if breaker is not None and self.calls_to_open == 1 else 1

    # What was seen

    async def evidence(self) -> Evidence:
        """Return all that was seen so far."""
        calls = tuple(sorted(self._driver.made, key=lambda call: call.started_s))
        journal = await self.wire.settled()
        attempts, unattributed = self._correlator.attempts(journal.entries, calls)
        reader = self._driver.reader
        return Evidence(
            policy=self.policy,
            calls=calls,
            attempts=attempts,
            unattributed=unattributed,
            faults=self._faults(),
            changes=tuple(self._changes.seen),
            batches=tuple(self._concurrent.batches),
            answers=reader.outcomes,
            shows_entity=reader.shows_entity,
            facts=self.facts,
            journal_gap=journal.dropped,
        )

    def _faults(self) -> tuple[Fault, ...]:
        """Return what was in force when; what still is, up to now."""
        return tuple(
            Fault(
                term.name if term.on == FaultTarget.PROVIDER else f"{term.name} ({term.on})",
                term.started_s,
                self.clock.now_s() if term.ended_s is None else term.ended_s,
                text=term.text if term.on == FaultTarget.PROVIDER else f"{term.text} ({term.on})",
                hides=term.on == FaultTarget.PROVIDER and term.name in _HIDING,
            )
            for term in self.wire.terms()
        )
