"""The barrier: matching requests wait until N are there: concurrency made, not hoped for."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from pydantic import Field

from seatrial.results import Model
from seatrial.tap.actions.base import Seconds
from seatrial.tap.plan import Match, RequestView

BarrierPlace = Literal["request", "answer"]


class BarrierOrder(Model):
    """The requests to hold, the place, and the longest time."""

    match: Match = Match()
    until: int | None = Field(None, ge=1, le=1_000_000)
    """Let all go once N wait; None waits for a release."""
    place: BarrierPlace = "request"
    """`request`: before it is passed on or a fault applied. `answer`: with the answer at hand,
    before its first byte is sent."""
    timeout_s: Seconds = 10.0
    """Let all go after this time, whatever has come."""
    hold_s: Seconds | None = None
    """Let all go this long after the first has come; None: as long as the barrier lasts."""


class BarrierState(Model):
    """A barrier as it is now."""

    active: bool
    """True while it holds what comes."""
    waiting: int
    """Requests that wait now."""
    held: int
    """Requests that it has held in all."""
    ended: Literal["reached", "released", "timed out"] | None = None
    """The reason why it no longer holds."""
    released_s: float | None = None
    """When it let all go, by the clock of the journal."""


class Barrier:
    """A gate that opens once and stays open."""

    def __init__(self, order: BarrierOrder, clock: Callable[[], float] = time.monotonic) -> None:
        self.order = order
        self._clock = clock
        self._released_s: float | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._arrivals: list[tuple[int, asyncio.Future[None]]] = []
        self._held = 0
        self._ended: Literal["reached", "released", "timed out"] | None = None

    @property
    def closed(self) -> bool:
        """True while it holds what comes."""
        return self._ended is None

    @property
    def state(self) -> BarrierState:
        """Return it as it is now."""
        return BarrierState(
            active=self._ended is None,
            waiting=len(self._waiters),
            held=self._held,
            ended=self._ended,
            released_s=self._released_s,
        )

    async def wait(self, asked: RequestView, place: BarrierPlace) -> bool:
        """Hold a request if it is one of these; return True if it was held."""
        order = self.order
        if self._ended is not None or place != order.place or not order.match.covers(asked):
            return False
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        if order.hold_s is not None and not self._held:
            loop.call_later(order.hold_s, self.release, "timed out")
        self._waiters.append(waiter)
        self._held += 1
        self._arrived()
        try:
            await waiter
        finally:
            if waiter in self._waiters:  # the consumer went away: it doesn't count as there
                self._waiters.remove(waiter)
        return True

    async def gathered(self, count: int, timeout_s: float) -> BarrierState:
        """Wait until `count` requests wait here, the barrier ended, or the time is over."""
        if self._ended is None and len(self._waiters) < count:
            arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._arrivals.append((count, arrival))
            await asyncio.wait([arrival], timeout=timeout_s)
            self._wake([(count, arrival)])
        return self.state

    def release(self, why: Literal["reached", "released", "timed out"] = "released") -> int:
        """Let all go in the order of arrival, and hold nothing more; return their number."""
        if self._ended is None:
            self._ended, self._released_s = why, self._clock()
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._wake(self._arrivals)
        return len(waiters)

    def _arrived(self) -> None:
        if self.order.until is not None and len(self._waiters) >= self.order.until:
            self.release("reached")
        self._wake([one for one in self._arrivals if len(self._waiters) >= one[0]])

    def _wake(self, due: list[tuple[int, asyncio.Future[None]]]) -> None:
        for _, arrival in due:
            if not arrival.done():
                arrival.set_result(None)
        self._arrivals = [waiting for waiting in self._arrivals if not waiting[1].done()]
