"""The side of the tap that faces the provider: one connection for each of the consumer's.

They aren't pooled across consumers on purpose: what the provider does to a connection (an idle
close, a reset) reaches the consumer whose connection it is, as it would without a tap.
"""

import asyncio
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

from seatrial.errors import UsageError
from seatrial.tap.flow import FlowProtocol
from seatrial.tap.message import Headers, IncomingResponse
from seatrial.tap.parsing import MalformedAnswer, ResponseReader
from seatrial.tap.stream import Pausable

CONNECT_S = 10.0
"""The time after which a connection that isn't made counts as refused."""


class Unreachable(Exception):  # noqa: N818 - the provider's state, not a fault of the tap
    """No connection to the provider."""


class Broken(Exception):  # noqa: N818 - what the provider did
    """The provider ended the connection where it owed something.

    Args:
        reset: True for a TCP reset, False for an orderly end.
    """

    def __init__(self, *, reset: bool) -> None:
        super().__init__("provider reset the connection" if reset else "provider closed")
        self.reset = reset


@dataclass(frozen=True, slots=True)
class ProviderAddress:
    """The address at which the provider listens."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def of(cls, url: str) -> "ProviderAddress":
        """Return the address in a URL.

        Raises:
            UsageError: it is none that the tap can forward to.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise UsageError(f"--upstream {url!r}: {error}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(f"--upstream {url!r}: give it as http://HOST:PORT")
        if parts.path.strip("/") or parts.query or parts.username:
            raise UsageError(
                f"--upstream {url!r}: leave out all that follows or precedes HOST:PORT"
            )
        tls = parts.scheme == "https"
        return cls(parts.hostname, port or (443 if tls else 80), tls)

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"


class ProviderConnection(FlowProtocol):
    """One connection to the provider; one request at a time.

    Args:
        idle_lost: is called when the provider ends it while it owes nothing.
    """

    def __init__(self, idle_lost: Callable[[], None]) -> None:
        super().__init__()
        self._idle_lost = idle_lost
        self._answer: asyncio.Future[IncomingResponse] | None = None
        self._relay: Callable[[int, bytes, Headers], None] | None = None
        self._reader = ResponseReader(
            self._begin, self._informational, Pausable(self.pause_reading, self.resume_reading)
        )

    @classmethod
    async def open(
        cls, address: ProviderAddress, idle_lost: Callable[[], None]
    ) -> "ProviderConnection":
        """Connect.

        Raises:
            Unreachable: the provider refuses, or doesn't answer in time.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await loop.create_connection(
                    lambda: cls(idle_lost),
                    address.host,
                    address.port,
                    ssl=_trusted() if address.tls else None,
                )
        except TimeoutError:
            raise Unreachable(f"no connection to {address} in {CONNECT_S:g} s") from None
        except OSError as error:
            # asyncio's own text names the call, not what went wrong.
            reason = os.strerror(error.errno).lower() if error.errno else error
            raise Unreachable(f"no connection to {address}: {reason}") from error
        return connection

    def expect(self, method: str, relay: Callable[[int, bytes, Headers], None]) -> None:
        """Say which request goes out next; `relay` is given every 1xx that comes for it."""
        self._answer = asyncio.get_running_loop().create_future()
        self._relay = relay
        self._reader.expect(method)

    def send(self, data: bytes) -> None:
        """Send bytes of a request; nothing when the connection is gone, which `response` raises."""
        if not self.lost:
            self.transport.write(data)

    async def response(self) -> IncomingResponse:
        """Return the answer, once its head is complete.

        Raises:
            Broken: the connection ended before.
            MalformedAnswer: it isn't HTTP/1.1.
        """
        assert self._answer is not None
        return await self._answer

    def give_up(self, error: Exception | None = None) -> None:
        """End the connection; whoever waits for an answer gets `error`."""
        self._fail(error or Broken(reset=False))
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Parse; an answer that isn't one ends the connection."""
        try:
            self._reader.feed(data)
        except MalformedAnswer as bad:
            self.give_up(bad)

    def eof_received(self) -> None:
        """Take the provider's orderly end; the rest of a request has no reader any more."""
        self._end(reset=False)
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end, in order or not."""
        if not self.lost:
            self._end(reset=exc is not None)
        super().connection_lost(exc)

    def _end(self, *, reset: bool) -> None:
        idle = self._reader.idle
        self.lost = True
        if not reset:
            self._reader.finish()
        self._fail(Broken(reset=reset))
        if idle:
            self._idle_lost()

    def _fail(self, error: Exception) -> None:
        self._reader.fail(error)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
            # Nobody may be left to wait for it: a consumer that went away.
            self._answer.exception()

    def _begin(self, response: IncomingResponse) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(response)

    def _informational(self, status: int, reason: bytes, headers: Headers) -> None:
        if self._relay is not None:
            self._relay(status, reason, headers)


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()
