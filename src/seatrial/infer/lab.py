"""Where experiments are made: consumers on a wire, one after the other."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from seatrial.checks import Attempt, Call
from seatrial.checks.phases import ScenarioPhase
from seatrial.infer.trials import Trial
from seatrial.tap import Action, Match, TapClient, When
from seatrial.tap.barrier import Place
from seatrial.testbed import CallDriver, Correlator, EntityPool, Testbed
from seatrial.testbed.upstream import Upstream
from seatrial.wires import AnyFault, Service, Wire
from seatrial.wires.wire import Per

PHASE = ScenarioPhase("infer", "an experiment's call")
_POLL_S = 0.005
_STABLE_S = 0.6
"""When no further call has arrived for so long, the others wait within the consumer."""


@dataclass
class Lab:
    """One consumer, its wire and calls to it. Times are seconds."""

    testbed: Testbed
    consumer: Service
    driver: CallDriver
    wire: Wire
    tap: TapClient
    upstream: Upstream
    pool: EntityPool
    patience_s: float
    """The longest that anything is waited for."""
    _taken: list[str] = field(default_factory=list)

    async def new_entity(self) -> str:
        """Return an entity that nobody asked for before."""
        if not self._taken:
            self._taken = await self.pool.take(25, own=True)
        return self._taken.pop()

    async def call(self, entity: str | None = None) -> Call:
        """Call the consumer about an entity, by default a new one."""
        found, _ = await self.driver.call(PHASE, entity or await self.new_entity())
        return found

    async def calls(self, count: int) -> list[Call]:
        """Make calls one after the other, each about a new entity."""
        return [await self.call() for _ in range(count)]

    async def concurrently(self, count: int) -> list[Call]:
        """Make calls that don't wait for each other, each about a new entity."""
        entities = [await self.new_entity() for _ in range(count)]
        return await asyncio.gather(*(self.call(one) for one in entities))

    async def at_once(
        self, count: int, entity: str | None = None, *, place: Place = "request"
    ) -> tuple[list[Call], bool]:
        """Make calls that are in flight together, and say whether they all were.

        The tap holds what arrives until every call has arrived or was answered without arriving.
        """
        entities = [entity or await self.new_entity() for _ in range(count)]
        await self.tap.set_barrier(
            self.match, place=place, timeout_s=min(2 * self.patience_s, 60.0)
        )
        tasks = [asyncio.create_task(self.call(one)) for one in entities]
        try:
            whole = await self._all_seen(tasks)
        finally:
            await self.tap.release()
        return await asyncio.gather(*tasks), whole

    async def _all_seen(self, tasks: Sequence["asyncio.Task[Call]"]) -> bool:
        """Wait until each call waits at the tap or is done, or until nothing changes any more.

        Calls that wait within the consumer, for one request of them all or for a free place, are
        never seen; then what is seen is all that will be.
        """
        until_s = time.monotonic() + min(self.patience_s, 4.0)
        seen, since_s = -1, time.monotonic()
        while (now_s := time.monotonic()) < until_s:
            waiting = await self.tap.waiting()
            if waiting + sum(task.done() for task in tasks) >= len(tasks):
                return True
            if waiting != seen:
                seen, since_s = waiting, now_s
            elif waiting and now_s - since_s > _STABLE_S:
                return True
            await asyncio.sleep(_POLL_S)
        return False

    @asynccontextmanager
    async def fault(
        self, fault: AnyFault, *, when: When | None = None, per: Per | None = None
    ) -> AsyncIterator[None]:
        """Put a fault on the way to the provider for the time of a block."""
        match = self.match if isinstance(fault, Action) else None
        async with self.wire.fault(fault, match=match, when=when, per=per):
            yield

    @property
    def per_call(self) -> Per | None:
        """How a fault counts the requests of each call apart; None: the wire can't show it."""
        if self.upstream.in_path:
            return "path"
        return "trace" if self.testbed.edge.policy.trace is not None else None

    @property
    def match(self) -> Match:
        """The requests that the edge's calls make."""
        return self.upstream.match

    async def attempts(self) -> tuple[Attempt, ...]:
        """Return what reached the provider's side of all calls so far."""
        calls = sorted(self.driver.made, key=lambda call: call.started_s)
        correlator = Correlator(self.upstream, self.testbed.edge.policy)
        return correlator.attempts(await self.tap.settled(self.patience_s), calls)

    async def sent_by(self, call: Call) -> int:
        """Return how many requests a call has sent so far."""
        return len(Trial("", tuple(self.driver.made), await self.attempts()).attempts_of(call))

    async def trial(
        self,
        label: str,
        calls: Sequence[Call],
        facts: Mapping[str, float] | None = None,
        *,
        whole: bool = True,
    ) -> Trial:
        """Put some calls and their attempts down."""
        return Trial(label, tuple(calls), await self.attempts(), facts or {}, whole)


@dataclass
class Bench:
    """Makes labs: each with a consumer that was just started, where that is possible."""

    open_lab: Callable[[], AbstractAsyncContextManager[Lab]]
    patience_s: float = 30.0
    repeatable: bool = True
    """Whether each lab has a consumer of its own; else one that runs already is waited for."""
    concurrency: int = 1
    """Labs that may be open at the same time."""

    async def on_each(
        self, conditions: Sequence[str], work: Callable[[Lab, str], Awaitable[Trial]]
    ) -> list[Trial]:
        """Make one trial for each condition, each on a fresh consumer, some concurrently."""
        gate = asyncio.Semaphore(self.concurrency)

        async def one(condition: str) -> Trial:
            async with gate, self.open_lab() as lab:
                return await work(lab, condition)

        return list(await asyncio.gather(*(one(condition) for condition in conditions)))
