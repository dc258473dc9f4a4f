"""Requests to the API must come to an end: a half-sent one doesn't hold its connection for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 15.0
"""How long a request's line and headers may take, as on the real server."""


class PatientProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol, which waits for the end of a head without end."""

    head_s = HEAD_S
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a first request."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """A request has begun."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Its head is there; its body is timed by who reads it."""
        self._came()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._came()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._came()
        self._late = self.loop.call_later(self.head_s, self.transport.close)

    def _came(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
