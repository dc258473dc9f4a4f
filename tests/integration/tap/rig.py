"""A tap on this loop, before a provider that does what a test says, byte by byte."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from seatrial.tap.consumer import ConsumerConnection
from seatrial.tap.provider import ProviderAddress
from seatrial.tap.state import Tap

PATIENCE_S = 10.0
"""The time for which a test waits for what must come."""


@dataclass
class Wire:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def until(self, mark: bytes) -> bytes:
        """Read up to a mark, included."""
        return await asyncio.wait_for(self.reader.readuntil(mark), PATIENCE_S)

    async def exactly(self, count: int) -> bytes:
        """Read N bytes."""
        return await asyncio.wait_for(self.reader.readexactly(count), PATIENCE_S)

    async def rest(self) -> bytes:
        """Read to the end."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE_S)

    async def message(self) -> tuple[bytes, bytes]:
        """Read one message, head and body, by its content-length."""
        head = await self.until(b"\r\n\r\n")
        return head, await self.exactly(length_of(head))

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        """End the connection in order."""
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


def length_of(head: bytes) -> int:
    """The content-length of a head, 0 where it says none."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


Script = Callable[[Wire], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
GET = b"GET /users/1 HTTP/1.1\r\nhost: provider\r\n\r\n"


async def answer_ok(wire: Wire) -> None:
    """Answer every request with 200 and `ok`."""
    while True:
        await wire.message()
        await wire.send(OK)


def answering(*answers: bytes) -> Script:
    """A script that answers with these bytes, one after the other, and then waits for the end."""

    async def script(wire: Wire) -> None:
        for answer in answers:
            await wire.message()
            await wire.send(answer)
        await wire.rest()

    return script


@dataclass
class Provider:
    """A provider under a test's control."""

    script: Script
    connections: list[Wire] = field(default_factory=list)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a connection has come."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a connection has ended."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Follow the script on one connection."""
        wire = Wire(reader, writer)
        self.connections.append(wire)
        self.connected.set()
        try:
            with suppress(asyncio.IncompleteReadError, OSError):
                await self.script(wire)
        finally:
            writer.close()
            self.ended.set()


@dataclass
class Rig:
    """A tap before a provider."""

    tap: Tap
    host: str
    port: int
    provider: Provider

    @property
    def url(self) -> str:
        """Where consumers connect."""
        return f"http://{self.host}:{self.port}"

    @asynccontextmanager
    async def connect(self, *, limit: int = 2**16) -> AsyncIterator[Wire]:
        """A consumer's connection."""
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=limit)
        wire = Wire(reader, writer)
        try:
            yield wire
        finally:
            await wire.close()

    async def ask(self, request: bytes = GET) -> bytes:
        """Send one request on a connection of its own and read the answer."""
        async with self.connect() as wire:
            await wire.send(request)
            head, body = await wire.message()
            return head + body

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        for _ in range(int(PATIENCE_S / 0.001)):
            if not self.tap.journal.in_flight:
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"{self.tap.journal.in_flight} requests are still under way")


@asynccontextmanager
async def provider_at(script: Script) -> AsyncIterator[tuple[Provider, int]]:
    """A provider that listens, and its port."""
    provider = Provider(script)
    tasks: set[asyncio.Task[None]] = set()

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(provider.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)
    try:
        yield provider, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def tap_before(port: int, provider: Provider) -> AsyncIterator[Rig]:
    """A tap before whatever listens on a port."""
    tap = Tap(ProviderAddress("127.0.0.1", port), headers=("x-user", "authorization"))
    server = await asyncio.get_running_loop().create_server(
        lambda: ConsumerConnection(tap), "127.0.0.1", 0
    )
    try:
        host, bound = server.sockets[0].getsockname()[:2]
        yield Rig(tap, host, bound, provider)
    finally:
        server.close()
        tap.disconnect_all()
        await asyncio.sleep(0)


@asynccontextmanager
async def rig(script: Script = answer_ok) -> AsyncIterator[Rig]:
    """A tap before a provider that follows a script on each connection."""
    async with provider_at(script) as (provider, port), tap_before(port, provider) as ready:
        yield ready
        await ready.idle()
