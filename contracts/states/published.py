"""A service's messages, seen where they are published: outbox, relay, stream, byte for byte."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from redis.asyncio import Redis

from seatrial.pacts import Message
from stubs.database import Database
from stubs.events.outbox import Outbox

S = TypeVar("S")
_POLL_S = 0.002


class Published(Generic[S]):
    """A running service, and the stream that its relay sends its events to.

    Args:
        service: what makes the changes.
        database: where its outbox is.
        outbox: what waits to be sent.
        redis: where it is sent to.
        longest_s: how long the relay may take.
    """

    def __init__(
        self,
        service: S,
        database: Database,
        outbox: Outbox,
        redis: Redis,
        *,
        longest_s: float = 5.0,
    ) -> None:
        self._service = service
        self._database = database
        self._outbox = outbox
        self._redis = redis
        self._longest_s = longest_s

    async def by(self, stream: str, change: Callable[[S], Awaitable[object]]) -> Message:
        """The one message that a change publishes.

        Raises:
            RuntimeError: it published none, or several, or the relay didn't send it.
        """
        await self._all_sent()  # what the states made
        before = await self._redis.xlen(stream)
        await change(self._service)
        await self._all_sent()
        sent = await self._redis.xlen(stream) - before
        if sent != 1:
            raise RuntimeError(f"the change published {sent} messages on {stream} instead of 1")
        newest: Any = await self._redis.xrevrange(
            stream, count=1
        )  # its shape hangs on the protocol
        ((_, fields),) = newest
        return Message(fields[b"event"], {"channel": stream})

    async def _all_sent(self) -> None:
        try:
            async with asyncio.timeout(self._longest_s):
                while await self._waiting():  # noqa: ASYNC110 - the relay tells nobody
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise RuntimeError(
                f"{await self._waiting()} events still wait in the outbox after "
                f"{self._longest_s:g} s; the relay doesn't send them"
            ) from None

    async def _waiting(self) -> int:
        async with self._database.reading() as connection:
            return await self._outbox.count(connection)
