"""A body on its way between two connections: bounded, its source is paused when it is full."""

import asyncio
from collections.abc import Callable

HIGH_BYTES = 256 * 1024
"""The bytes that a stream keeps before it pauses its source; one more read may still come."""


class Stream:
    """One body: fed by a parser, read by one coroutine."""

    __slots__ = (
        "_chunks",
        "_discarding",
        "_error",
        "_paused",
        "_size",
        "_source",
        "_waiter",
        "complete",
        "total_bytes",
        "trailers",
    )

    def __init__(self, source: "Pausable") -> None:
        self._source = source
        self._chunks: list[bytes] = []
        self._size = 0
        self._paused = False
        self._discarding = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.complete = False
        """True once the last byte has come (it may still wait to be read)."""
        self.total_bytes = 0
        self.trailers: list[tuple[bytes, bytes]] = []

    def feed(self, data: bytes) -> None:
        """Take bytes in; pauses the source when too many wait."""
        self.total_bytes += len(data)
        if self._discarding:
            return
        self._chunks.append(data)
        self._size += len(data)
        if self._size > HIGH_BYTES and not self._paused:
            self._paused = True
            self._source.pause()
        self._wake()

    def finish(self) -> None:
        """Say that the body is whole."""
        self.complete = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """Say that the body ends too early; `read` raises this after what came before it."""
        if not self.complete and self._error is None:
            self._error = error
            self._wake()

    async def read(self) -> bytes:
        """Return all bytes that wait, or the next that come; b"" at the end.

        Raises:
            Exception: what `fail` was given.
        """
        while not self._chunks and not self.complete and self._error is None:
            await self._wait()
        if self._chunks:
            return self._take()
        if self._error is not None:
            raise self._error
        return b""

    async def read_all(self, limit_bytes: int) -> bytes | None:
        """Return the whole body, or None as soon as it is over `limit_bytes`."""
        parts: list[bytes] = []
        size = 0
        while data := await self.read():
            parts.append(data)
            size += len(data)
            if size > limit_bytes:
                return None
        return b"".join(parts)

    def take_whole(self) -> bytes | None:
        """Return the body when all of it is here already, else None."""
        return self._take() if self.complete else None

    async def beginning(self, limit_bytes: int) -> bytes:
        """Return the body once it is whole, or as much of it as waits here; nothing is taken."""
        while not self.complete and self._error is None and self._size < limit_bytes:
            await self._wait()
        return b"".join(self._chunks)[:limit_bytes]

    async def discard(self) -> None:
        """Read to the end and keep nothing; an early end is an end as well."""
        self._discarding = True
        self._take()
        while not self.complete and self._error is None:
            await self._wait()

    def _take(self) -> bytes:
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        if self._paused:
            self._paused = False
            self._source.resume()
        return data

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None


class Pausable:
    """A source that a stream pauses and resumes; the two are a connection's."""

    __slots__ = ("pause", "resume")

    def __init__(self, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self.pause = pause
        self.resume = resume
