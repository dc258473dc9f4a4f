"""The design's UserEventSubscriber, reading the stream instead of the channel.

The design subscribes to the channel: whatever is published while it isn't connected is lost to it.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from stubs.events.channels import USER_EVENTS
from stubs.events.delivery import Delivery
from stubs.events.log import EventLog, Follower, LogEntry, Position
from stubs.events.messages import UserEvent
from stubs.events.reconnecting import Reconnecting, Sleep
from stubs.events.seen import Seen
from stubs.tracing import Tracer

_WAIT_S = 1.0  # shorter than the answer's timeout, so that silence means that the broker is down
_CATCHING_UP_WAIT_S = 0.1


class UserEventHandler(Protocol):
    """Takes what a subscriber reads."""

    async def handle(self, event: UserEvent) -> None:
        """Take a change; never older than one before for the same user, never the same twice.

        Raises:
            BadEvent: it can't be used, now or later.
        """

    def lost(self) -> None:
        """From now on changes may be missed: what is remembered may be old."""

    def forgotten(self) -> None:
        """Changes were missed for good: anything remembered may be old."""

    def caught_up(self) -> None:
        """All changes were read: what is remembered is as new as can be."""


class UserEventSubscriber:
    """Reads every event of the stream, each process for itself, from the last one it saw.

    Args:
        log: where the stream is.
        handler: is given the events.
        tracer: where losses, recoveries and dead letters are written.
        attempts: how often a handler is asked before the event goes to the dead letters.
        settle_s: how long after a reconnection it takes the stream's end, which it counts as caught
            up with once it has read it: a publisher that was cut off too needs this long to send
            what it kept.
        clock: monotonic seconds.
        sleep: waits this number of seconds.
    """

    def __init__(
        self,
        log: EventLog,
        handler: UserEventHandler,
        tracer: Tracer,
        *,
        attempts: int = 3,
        settle_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._log = log
        self._handler = handler
        self._tracer = tracer
        self._settle_s = settle_s
        self._clock = clock
        self._delivery = Delivery(log, USER_EVENTS.name, self._handle, tracer, attempts)
        self._connection = Reconnecting(
            self._lost, self._caught_up, failing="not connected yet", sleep=sleep
        )
        self._seen = Seen()
        self._position: Position | None = None
        self.repeated = 0

    @property
    def is_caught_up(self) -> bool:
        """True while no change can have been missed."""
        return not self._connection.failing

    @property
    def failing(self) -> str:
        """The reason why changes may be missed; empty while none can be."""
        return self._connection.failing

    @property
    def handled(self) -> int:
        """The number of events that the handler was given."""
        return self._delivery.handled - self.repeated

    @property
    def dead(self) -> int:
        """The number of events that were put aside."""
        return self._delivery.dead

    async def run(self) -> None:
        """Read until cancelled; a lost connection is made again after a pause."""
        await self._connection.run(self._follow)

    async def _follow(self) -> None:
        async with self._log.follow(USER_EVENTS.name) as stream:
            position, settled_at_s = await self._resume(stream)
            end: Position | None = None
            while True:
                if end is None and self._clock() >= settled_at_s:
                    end = await stream.end()
                # Not "there is nothing more": steady events would put that off for ever.
                if end is not None and position >= end:
                    self._connection.works()
                wait_s = _WAIT_S if self.is_caught_up else _CATCHING_UP_WAIT_S
                for entry in await stream.read(position, wait_s):
                    await self._take(entry)
                    self._position = position = entry.position

    async def _resume(self, stream: Follower) -> tuple[Position, float]:
        """Find the place to go on from, and the time at which the stream's end is taken."""
        if self._position is not None and await stream.holds(self._position):
            return self._position, self._clock() + self._settle_s
        # At the start, or when the stream doesn't go back as far as we had read: it was lost.
        first_time = self._position is None
        self._position = position = await stream.end()
        self._handler.forgotten()
        return position, self._clock() + (0 if first_time else self._settle_s)

    async def _take(self, entry: LogEntry) -> None:
        if not await self._delivery.deliver(entry):
            # Nobody knows whom it was about, so nothing remembered can be believed.
            self._handler.forgotten()

    async def _handle(self, event: UserEvent) -> None:
        if self._seen.before(event):
            self.repeated += 1
            return
        await self._handler.handle(event)
        self._seen.add(event)
        self._tracer.event("event_handled", type=event.type, userId=event.user_id)

    def _lost(self, reason: str) -> None:
        self._handler.lost()
        self._tracer.event("events_lost", error=reason)

    def _caught_up(self) -> None:
        self._handler.caught_up()
        self._tracer.event("events_caught_up")
