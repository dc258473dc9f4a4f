"""Both ends of one connection, and what their protocols were notified of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass


class Recorder(asyncio.Protocol):
    """Notes what it is notified of; pieces of data that follow each other are one."""

    def __init__(self, *, keep_open: bool = False) -> None:
        self.events: list[tuple[str, object]] = []
        self.data = bytearray()
        self.made = asyncio.Event()
        self.transport: asyncio.Transport
        self._keep_open = keep_open
        self._notify: asyncio.Event = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.made.set()

    def data_received(self, data: bytes) -> None:
        """Note data."""
        self.data += data
        if self.events and self.events[-1][0] == "data":
            data = bytes(self.events.pop()[1]) + data  # type: ignore[call-overload]
        self._note("data", data)

    def eof_received(self) -> bool:
        """Note the end."""
        self._note("eof", None)
        return self._keep_open

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why it was lost."""
        self._note("lost", type(exc) if exc else None)

    def pause_writing(self) -> None:
        """Note the high mark."""
        self._note("paused", None)

    def resume_writing(self) -> None:
        """Note the low mark."""
        self._note("resumed", None)

    @property
    def kinds(self) -> list[str]:
        """The kinds of its events."""
        return [kind for kind, _ in self.events]

    @property
    def lost(self) -> object:
        """Why the connection was lost: an exception's type or None."""
        [why] = [value for kind, value in self.events if kind == "lost"]
        return why

    async def until(self, reached: Callable[["Recorder"], bool]) -> None:
        """Wait until its events satisfy something."""
        async with asyncio.timeout(20):
            while not reached(self):
                self._notify.clear()
                await self._notify.wait()

    async def until_kind(self, kind: str) -> None:
        """Wait until an event of a kind has come."""
        await self.until(lambda recorder: kind in recorder.kinds)

    async def until_data(self, size: int) -> None:
        """Wait until N bytes have come."""
        await self.until(lambda recorder: len(recorder.data) >= size)

    def _note(self, kind: str, value: object) -> None:
        self.events.append((kind, value))
        self._notify.set()


@dataclass
class Wire:
    """A connection's two ends, and the server."""

    client: Recorder
    server: Recorder
    listener: asyncio.Server

    @property
    def port(self) -> int:
        """The server's port."""
        return int(self.listener.sockets[0].getsockname()[1])


@asynccontextmanager
async def wire(
    *, keep_open: bool = False, client: Recorder | None = None, server: Recorder | None = None
) -> AsyncIterator[Wire]:
    """A client's connection to a server, whose protocols keep it open after an end if they must."""
    loop = asyncio.get_running_loop()
    there = server or Recorder(keep_open=keep_open)
    here = client or Recorder(keep_open=keep_open)
    accepted: list[Recorder] = []

    def accept() -> Recorder:
        accepted.append(Recorder(keep_open=keep_open) if accepted else there)
        return accepted[-1]

    listener = await loop.create_server(accept, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    await loop.create_connection(lambda: here, "127.0.0.1", port)
    await there.made.wait()
    try:
        yield Wire(here, there, listener)
    finally:
        listener.close()
        for end in (here, *accepted):
            await end.made.wait()
            if "lost" not in end.kinds:
                end.transport.abort()
                await end.until_kind("lost")


async def turns(count: int = 20) -> None:
    """Let everything else run that can run now."""
    for _ in range(count):
        await asyncio.sleep(0)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until something that nobody announces is the case."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.0005)
