"""Calls that are in flight together: the tap holds their requests until all have been seen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from seatrial.checks import Call, ConcurrentBatch, ScenarioPhase
from seatrial.config import DeclaredPolicy
from seatrial.tap import BarrierPlace, Match
from seatrial.testbed import Clock
from seatrial.wires import Wire

_NO_TIMEOUT_S = 2.0
"""How long an attempt may be held where no timeout of it is declared, twice."""
_SHARE = 0.6
"""Of an attempt's time, for which its request may be held."""
_FIRST_S = 5.0
"""How long the first request of a batch is waited for: until it is there, none is held too long."""
_LONGEST_HOLD = 1.33
"""Of the patience: the tap lets go by itself, well before an attempt's time is over."""
_POLL_S = 0.02
"""Seldom enough to leave the time to the calls, which are made by the same loop."""
_NOTICED = 0.2
"""Of the patience: in this time a consumer that hears of a caller's going gives its request up."""

MakeCall = Callable[[], Awaitable[Call]]


class ConcurrentCalls:
    """Makes batches of calls on one wire, whole as far as the machine allows."""

    def __init__(self, wire: Wire, match: Match, policy: DeclaredPolicy, clock: Clock) -> None:
        """Take where requests are held, and which.

        Args:
            wire: whose tap holds them.
            match: the requests that an edge's calls make.
            policy: says how long an attempt may be held.
            clock: measures that.
        """
        self.batches: list[ConcurrentBatch] = []
        self._wire = wire
        self._match = match
        self._clock = clock
        retry = policy.retry
        self._patience_s = _SHARE * ((retry.attempt_timeout_s if retry else None) or _NO_TIMEOUT_S)
        """Held longer than this, a consumer would rightly give its attempts up."""

    async def batch(
        self, phase: ScenarioPhase, calls: Sequence[MakeCall], place: BarrierPlace
    ) -> list[Call]:
        """Make these calls, and let what is held go once all have been seen.

        Seen is a call that waits at the tap, or that was answered without getting there.
        """
        async with self._held(place):
            tasks = [asyncio.ensure_future(call()) for call in calls]
            whole = await self._seen(tasks)
            # Where we were too busy to let them go in time, the tap did.
            released_s = (await self._wire.tap.barrier()).released_s or self._clock.now_s()
            self.batches.append(ConcurrentBatch(phase, released_s, whole))
        return await asyncio.gather(*tasks)

    async def cancelled(self, calls: Sequence[MakeCall]) -> None:
        """Make these calls, and cancel them while their requests are at the provider."""
        async with self.under_way(calls, "request") as tasks:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # A consumer that hears of it gives its own requests up; not all do.
            await self.noticed()

    @asynccontextmanager
    async def under_way(
        self, calls: Sequence[MakeCall], place: BarrierPlace
    ) -> AsyncIterator[Sequence[asyncio.Future[Call]]]:
        """Make these calls, and hold their requests or answers for the time of a block."""
        tasks: list[asyncio.Future[Call]] = []
        try:
            async with self._held(place):
                tasks += [asyncio.ensure_future(call()) for call in calls]
                await self._seen(tasks)
                yield tasks
        finally:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def noticed(self) -> None:
        """Wait until a consumer that hears of a caller's going, or of a change, has done so."""
        await self._clock.sleep(_NOTICED * min(self._patience_s, 1.0))

    async def arrived(self, count: int) -> bool:
        """Wait for this many requests at the last plan; False where fewer came in time."""
        until_s = self._clock.now_s() + self._patience_s
        while self._clock.now_s() < until_s:
            if await self._wire.applied() >= count:
                return True
            await self._clock.sleep(_POLL_S)
        return False

    @asynccontextmanager
    async def _held(self, place: BarrierPlace) -> AsyncIterator[None]:
        hold_s = _LONGEST_HOLD * self._patience_s
        await self._wire.tap.set_barrier(
            self._match, place=place, timeout_s=_FIRST_S + hold_s, hold_s=hold_s
        )
        try:
            yield
        finally:
            await self._wire.tap.release()

    async def _seen(self, tasks: Sequence[asyncio.Future[Call]]) -> bool:
        """Wait until all calls are held or done; False where patience ended before."""
        until_s, is_held = self._clock.now_s() + _FIRST_S, False
        while self._clock.now_s() < until_s:
            state = await self._wire.tap.barrier()
            if not state.active:
                return False
            if state.waiting + sum(task.done() for task in tasks) >= len(tasks):
                return True
            if state.waiting and not is_held:
                until_s, is_held = self._clock.now_s() + self._patience_s, True
            await self._clock.sleep(_POLL_S)
        return False
