"""The side of the tap that faces the consumer: a connection that serves its requests one by one."""

import asyncio
from collections import deque
from contextlib import suppress

from seatrial.tap.exchange import MARK, LiveExchange
from seatrial.tap.flow import FlowProtocol
from seatrial.tap.message import IncomingRequest, Refused, phrase, response_head, sayable
from seatrial.tap.parsing import RequestReader
from seatrial.tap.provider import ProviderConnection
from seatrial.tap.state import Tap
from seatrial.tap.stream import Pausable, Stream

LINGER_S = 1.0
"""The time for which input is thrown away: unread, it would turn the last answer into a reset."""


class ConsumerConnection(FlowProtocol):
    """One connection of a consumer."""

    def __init__(self, tap: Tap) -> None:
        super().__init__()
        self._tap = tap
        self._number = 0
        self._reader = RequestReader(self._begin, Pausable(self.pause_reading, self.resume_reading))
        self._waiting: deque[LiveExchange] = deque()
        self._current: LiveExchange | None = None
        self._refused: Refused | None = None
        self._wakeup: asyncio.Future[None] | None = None
        self._crowded = False
        self._late: asyncio.TimerHandle | None = None
        self._provider: ProviderConnection | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        super().connection_made(transport)
        self._number = self._tap.connected(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Parse; what isn't a request is answered in its turn, and ends the connection."""
        if self._refused is not None:
            return
        try:
            self._reader.feed(data)
        except Refused as refused:
            self._refuse_later(refused)
        self._watch_head()
        if self._waiting and self._current is not None and not self._crowded:
            self._crowded = True
            self.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Take the end of the consumer's side for its leaving: a half-open one looks the same."""
        self._gone()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the consumer's end."""
        super().connection_lost(exc)
        self._tap.disconnected(self)
        if self._late is not None:
            self._late.cancel()
        self._gone()

    def _watch_head(self) -> None:
        """Limit the time of a head: one that never ends would keep its connection."""
        watched = self._reader.in_head and self._refused is None
        if watched and self._late is None:
            loop = asyncio.get_running_loop()
            self._late = loop.call_later(self._tap.head_timeout_s, self._head_is_late)
        elif not watched and self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        limit_s = self._tap.head_timeout_s
        self._refuse_later(Refused(408, f"a head that isn't complete after {limit_s:g} s"))
        self._wake()

    def _refuse_later(self, refused: Refused) -> None:
        """Answer so in its turn, and take nothing more."""
        self._refused = refused
        self._tap.journal.malformed += 1

    # What an exchange uses

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if not self.lost:
            self.transport.write(data)

    def close(self) -> None:
        """End the connection in order, after what was written."""
        self.transport.close()

    async def provider(self) -> ProviderConnection:
        """Return the connection to the provider that belongs to this one.

        Raises:
            Unreachable: there is none to be had.
        """
        if self._provider is None or self._provider.lost:
            self._provider = None
            self._provider = await ProviderConnection.open(self._tap.provider, self._provider_went)
        return self._provider

    # Serving

    def _begin(self, request: IncomingRequest) -> None:
        record = self._tap.journal.arrive(
            self._number, request.method, request.target, request.headers
        )
        self._waiting.append(LiveExchange(self._tap, self, request, record))

    async def _serve(self) -> None:
        try:
            while exchange := await self._next():
                keep = await exchange.run()
                await self._read_up(exchange.request)
                if not keep:
                    return
                self._current = None
            if self._refused is not None:
                await self._refuse(self._refused)
        finally:
            self._leave()

    async def _next(self) -> LiveExchange | None:
        while not self._waiting:
            if self._refused is not None:
                return None
            self._wakeup = asyncio.get_running_loop().create_future()
            await self._wakeup
        self._current = self._waiting.popleft()
        if self._crowded and not self._waiting:
            self._crowded = False
            self.resume_reading()
        return self._current

    async def _read_up(self, request: IncomingRequest) -> None:
        """Read the rest of a body that was answered before its end."""
        if not request.body.complete and not self.transport.is_closing():
            await self._linger(None if self._refused else request.body)

    async def _refuse(self, refused: Refused) -> None:
        body = refused.reason.encode()
        lines = [
            b"content-type: text/plain\r\n",
            b"content-length: %d\r\n" % len(body),
            f"{MARK}: {sayable(refused.reason)}\r\n".encode(),
        ]
        self.write(response_head(refused.status, phrase(refused.status), lines, close=True) + body)
        await self._linger(None)

    async def _linger(self, rest: Stream | None) -> None:
        """Say the end, and throw away what still comes: a body's rest, or all until the end."""
        if not self.transport.is_closing() and self.transport.can_write_eof():
            self.transport.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                if rest is not None:
                    await rest.discard()
                else:
                    await asyncio.get_running_loop().create_future()

    def _leave(self) -> None:
        for exchange in self._waiting:
            self._tap.journal.ended(exchange.record)
        if self._provider is not None:
            self._provider.give_up()
        self.transport.close()

    def _gone(self) -> None:
        for exchange in (self._current, *self._waiting):
            if exchange is not None:
                exchange.gone()
        if self._task is not None:
            self._task.cancel()

    def _provider_went(self) -> None:
        """End the connection as the provider did while nothing was under way."""
        if self._current is None and not self._waiting:
            self.transport.close()

    def _wake(self) -> None:
        if self._wakeup is not None and not self._wakeup.done():
            self._wakeup.set_result(None)
