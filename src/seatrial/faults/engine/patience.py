"""A time limit for the heads of requests: a half-sent one doesn't hold its connection for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 15.0
"""The time that a request's line and headers may take, as on the real server."""


class PatientProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol, which doesn't wait for ever for the end of a head."""

    head_s = HEAD_S
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start to wait for a first request."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """Start to wait for the rest of a head."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """Stop waiting: the body is timed by the one who reads it."""
        self._came()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._came()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._came()
        self._late = self.loop.call_later(self.head_s, self.transport.close)

    def _came(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
