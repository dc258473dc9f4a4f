"""The relay: sends what waits in the outbox to the stream and to the channel."""

import asyncio
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from stubs.database import Database
from stubs.events.outbox import Outbox, OutboxEntry
from stubs.tracing import Tracer

_BATCH = 100
_LONGEST_STREAM = 100_000
_LOOK_AGAIN_S = 1.0  # another process may have written
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5


class RelayFailingError(Exception):
    """Events wait because they can't be sent; the text says why."""


class OutboxRelay:
    """Sends events in order, at least once: one that was sent may be sent again after a crash.

    Args:
        database: where the outbox is.
        outbox: what waits.
        redis: where it goes, as an entry with the field `event` and as a message of the same bytes.
        tracer: told when Redis goes away and comes back.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        redis: Redis,
        tracer: Tracer,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._redis = redis
        self._tracer = tracer
        self._sleep = sleep
        self._news = asyncio.Event()
        self.failing = ""

    def wake(self) -> None:
        """Something was committed."""
        self._news.set()

    async def run(self) -> None:
        """Send until cancelled; an error is told, and tried again after a pause."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self.send_waiting()
            except Exception as error:  # noqa: BLE001 - nothing may end the sending unnoticed
                self._failed(error)
                await self._sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                self._succeeded()
                pause_s = _FIRST_PAUSE_S
                await self._wait_for_news()

    async def send_waiting(self) -> int:
        """Send all that waits now; returns how many it was.

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
        """How many events wait, for a health check.

        Raises:
            RelayFailingError: they can't be sent.
            RedisError: Redis is away.
        """
        await self._redis.ping()
        if self.failing:
            raise RelayFailingError(self.failing)
        async with self._database.reading() as connection:
            return {"waitingEvents": await self._outbox.count(connection)}

    async def _send(self, entries: list[OutboxEntry]) -> None:
        # One transaction: the batch is in the stream as a whole or not at all.
        async with self._redis.pipeline(transaction=True) as pipe:
            for entry in entries:
                pipe.xadd(
                    entry.stream,
                    {"event": entry.message},
                    maxlen=_LONGEST_STREAM,
                    approximate=True,
                )
                pipe.publish(entry.stream, entry.message)
            await pipe.execute()

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_AGAIN_S):
                await self._news.wait()
        except TimeoutError:
            return

    def _failed(self, error: Exception) -> None:
        if not self.failing:
            self._tracer.event("relay_failing", error=str(error))
        self.failing = str(error) or type(error).__name__

    def _succeeded(self) -> None:
        if self.failing:
            self._tracer.event("relay_recovered")
        self.failing = ""
