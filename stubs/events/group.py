"""Reading a stream as one of a group: each event is handled by one process of a service.

At least once: an event counts as handled when its handler returned, and another process takes
over what a dead one left. So a handler must bear to be given the same twice, and an older event
after a newer one.
"""

import asyncio
import secrets
import time
from collections.abc import Callable

from stubs.database import DatabaseDown
from stubs.events.channels import USER_EVENTS
from stubs.events.delivery import Delivery, Handle
from stubs.events.log import EventLog, LogEntry
from stubs.events.reconnecting import Reconnecting, Sleep
from stubs.tracing import Tracer


class UserEventGroup:
    """One process of a group that reads the stream of user events.

    Args:
        log: where the stream is.
        group: the service's name.
        handle: does what an event calls for; after `DatabaseDown` it is tried until it works.
        tracer: where failures and dead letters are written.
        attempts: how often the handler is asked before the event goes to the dead letters.
        idle_s: after how long another process takes over what one has begun, seconds.
        clock: monotonic seconds.
        sleep: waits this number of seconds.
    """

    def __init__(
        self,
        log: EventLog,
        group: str,
        handle: Handle,
        tracer: Tracer,
        *,
        attempts: int = 3,
        idle_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._idle_s = idle_s
        self._clock = clock
        self._member = log.join(USER_EVENTS.name, group, f"{group}-{secrets.token_hex(8)}", idle_s)
        self._delivery = Delivery(
            log, USER_EVENTS.name, handle, tracer, attempts, no_fault=(DatabaseDown,)
        )
        self._connection = Reconnecting(
            lambda reason: tracer.event("group_failing", error=reason),
            failing="not connected yet",
            sleep=sleep,
        )

    @property
    def failing(self) -> str:
        """The reason why events aren't handled now; empty while they are."""
        return self._connection.failing

    @property
    def handled(self) -> int:
        """The number of events that were handled."""
        return self._delivery.handled

    @property
    def dead(self) -> int:
        """The number of events that were put aside."""
        return self._delivery.dead

    async def run(self) -> None:
        """Read until cancelled; after an error, again after a pause."""
        await self._connection.run(self._follow)

    async def _follow(self) -> None:
        await self._member.enter()
        # What we had begun when an error came.
        while entries := await self._member.read_begun():
            await self._deliver(entries)
        self._connection.works()  # now: what comes next waits for an event
        take_over_at_s = self._clock()
        while True:
            if self._clock() >= take_over_at_s:
                async for entry in self._member.take_over():
                    await self._deliver([entry])
                take_over_at_s = self._clock() + self._idle_s
            await self._deliver(await self._member.read_new())

    async def _deliver(self, entries: list[LogEntry]) -> None:
        for entry in entries:
            await self._delivery.deliver(entry)
            await self._member.acknowledge(entry)
