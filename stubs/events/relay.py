"""The relay: sends what waits in the outbox to the event log."""

import asyncio

from stubs.database import Database
from stubs.events.log import EventLog
from stubs.events.outbox import Outbox, OutboxEntry
from stubs.events.reconnecting import Reconnecting, Sleep
from stubs.tracing import Tracer

_BATCH = 100
LOOK_AGAIN_S = 1.0
"""Another process may have written, so the outbox is looked at without news, too."""


class RelayFailingError(Exception):
    """Events wait because they can't be sent; the text says why."""


class OutboxRelay:
    """Sends events in order, at least once: one that was sent may be sent again after a crash.

    Args:
        database: where the outbox is.
        outbox: what waits.
        log: where it goes.
        tracer: where it is written that the log goes away and comes back.
        sleep: waits this number of seconds.
        look_again_s: the longest time without a look at the outbox, seconds.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        log: EventLog,
        tracer: Tracer,
        *,
        sleep: Sleep = asyncio.sleep,
        look_again_s: float = LOOK_AGAIN_S,
    ) -> None:
        self._look_again_s = look_again_s
        self._database = database
        self._outbox = outbox
        self._log = log
        self._connection = Reconnecting(
            lambda reason: tracer.event("relay_failing", error=reason),
            lambda: tracer.event("relay_recovered"),
            sleep=sleep,
        )
        self._news = asyncio.Event()

    @property
    def failing(self) -> str:
        """The reason why events can't be sent; empty while they can."""
        return self._connection.failing

    def wake(self) -> None:
        """Look at once: something was committed."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled; after an error, again after a pause."""
        await self._connection.run(self._keep_sending)

    async def _keep_sending(self) -> None:
        while True:
            await self.send_waiting()
            self._connection.works()
            await self._wait_for_news()

    async def send_waiting(self) -> int:
        """Send all that waits now; return how many it was.

        Where another process of the service is sending, it sends ours too, or we do the next time.
        """
        self._news.clear()
        async with self._database.alone("relay") as alone:
            return await self._send_waiting() if alone else 0

    async def _send_waiting(self) -> int:
        sent = 0
        while True:
            async with self._database.reading() as connection:
                entries = await self._outbox.waiting(connection, _BATCH)
            if not entries:
                return sent
            await self._send(entries)
            async with self._database.writing() as connection:
                await self._outbox.remove(connection, [each.sequence for each in entries])
            sent += len(entries)

    async def check(self) -> dict[str, int]:
        """Return how many events wait, for a health check.

        Raises:
            RelayFailingError: they can't be sent.
        """
        await self._log.check()
        if self.failing:
            raise RelayFailingError(self.failing)
        async with self._database.reading() as connection:
            return {"waitingEvents": await self._outbox.count(connection)}

    async def _send(self, entries: list[OutboxEntry]) -> None:
        # The batch is in the log as a whole or not at all.
        await self._log.append([(entry.stream, entry.message) for entry in entries])

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(self._look_again_s):
                await self._news.wait()
        except TimeoutError:
            return
