"""The hold: matching requests wait until so many are there: concurrency made, not hoped for."""

import asyncio
from typing import Literal

from pydantic import Field

from seatrial.results import Model
from seatrial.tap.actions.base import Seconds
from seatrial.tap.plan import Asked, Match

Place = Literal["request", "answer"]


class HoldOrder(Model):
    """Which requests to hold, where, and how long."""

    match: Match = Match()
    until: int | None = Field(None, ge=1, le=1_000_000)
    """Let all go once so many wait; None waits for a release."""
    place: Place = "request"
    """`request`: before it is passed on or a fault applied. `answer`: with the answer at hand,
    before its first byte is sent."""
    timeout_s: Seconds = 10.0
    """When all are let go whatever has come."""


class HoldState(Model):
    """What a hold looks like now."""

    active: bool
    """Whether it still holds what comes."""
    waiting: int
    """Requests that wait now."""
    held: int
    """Requests that it has held in all."""
    ended: Literal["reached", "released", "timed out"] | None = None
    """Why it no longer holds."""


class Hold:
    """A gate that opens once and stays open."""

    def __init__(self, order: HoldOrder) -> None:
        self.order = order
        self._waiters: list[asyncio.Future[None]] = []
        self._arrivals: list[tuple[int, asyncio.Future[None]]] = []
        self._held = 0
        self._ended: Literal["reached", "released", "timed out"] | None = None

    @property
    def closed(self) -> bool:
        """Whether it still holds what comes."""
        return self._ended is None

    @property
    def state(self) -> HoldState:
        """What it looks like now."""
        return HoldState(
            active=self._ended is None,
            waiting=len(self._waiters),
            held=self._held,
            ended=self._ended,
        )

    async def wait(self, asked: Asked, place: Place) -> bool:
        """Hold a request if it is one of these; says whether it was held."""
        order = self.order
        if self._ended is not None or place != order.place or not order.match.covers(asked):
            return False
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._held += 1
        self._arrived()
        try:
            await waiter
        finally:
            if waiter in self._waiters:  # the consumer went away: it doesn't count as there
                self._waiters.remove(waiter)
        return True

    async def gathered(self, count: int, timeout_s: float) -> HoldState:
        """Wait until `count` requests wait here, the hold ended, or the time is over."""
        if self._ended is None and len(self._waiters) < count:
            arrival: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._arrivals.append((count, arrival))
            await asyncio.wait([arrival], timeout=timeout_s)
            self._tell([(count, arrival)])
        return self.state

    def release(self, why: Literal["reached", "released", "timed out"] = "released") -> int:
        """Let all go, in the order in which they came, and hold nothing more; says how many."""
        if self._ended is None:
            self._ended = why
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._tell(self._arrivals)
        return len(waiters)

    def _arrived(self) -> None:
        if self.order.until is not None and len(self._waiters) >= self.order.until:
            self.release("reached")
        self._tell([told for told in self._arrivals if len(self._waiters) >= told[0]])

    def _tell(self, told: list[tuple[int, asyncio.Future[None]]]) -> None:
        for _, arrival in told:
            if not arrival.done():
                arrival.set_result(None)
        self._arrivals = [waiting for waiting in self._arrivals if not waiting[1].done()]
