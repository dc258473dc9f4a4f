"""A Valkey in the simulated network: fakeredis's commands behind the Redis protocol.

Clients reach it over connections as they reach a real one, so that faults can hit these.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from seatrial.errors import UsageError

if TYPE_CHECKING:
    from fakeredis import FakeServer

PORT = 6379
_CHUNK = 65_536
_PUSHED = (b"message", b"pmessage", b"subscribe", b"unsubscribe", b"psubscribe", b"punsubscribe")


@asynccontextmanager
async def serve_valkey(host: str) -> AsyncIterator[None]:
    """Serve an empty Valkey at port 6379 of a host for the time of a block.

    Raises:
        UsageError: fakeredis isn't installed.
    """
    try:
        from fakeredis import FakeServer
    except ImportError:
        raise UsageError(
            "a service uses {redis}, which virtual time has with fakeredis: "
            "pip install 'seatrial[virtual]'"
        ) from None
    fake = FakeServer(server_type="valkey", version=(8,))
    handling: dict[asyncio.Task[Any], None] = {}

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handling[task] = None
        try:
            await _converse(fake, reader, writer)
        except asyncio.CancelledError:
            return  # the server ends; asyncio would report it
        finally:
            del handling[task]

    server = await asyncio.start_server(handle, host, PORT)
    try:
        yield
    finally:
        server.close()
        for task in tuple(handling):
            task.cancel()
        await asyncio.gather(*handling, return_exceptions=True)


async def _converse(
    fake: "FakeServer", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer one client until it goes away."""
    client = _client(fake)
    answering = asyncio.create_task(_answer(client, writer))
    try:
        while data := await reader.read(_CHUNK):
            client.sendall(data)
    except OSError:
        pass  # it was cut off
    finally:
        working = [answering, *client.blocking]
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        client.close()
        writer.close()


async def _answer(client: Any, writer: asyncio.StreamWriter) -> None:
    while True:
        said = await client.responses.get()
        writer.write(encoded(said, resp3=client._client_info.protocol_version == 3))
        await writer.drain()


def _client(fake: "FakeServer") -> Any:
    """Return what fakeredis has behind a connection; errors stay as the server says them."""
    from fakeredis.aioredis import AsyncFakeSocket
    from redis.asyncio import Redis

    class Client(AsyncFakeSocket):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.blocking: list[asyncio.Task[Any]] = []

        async def _async_blocking(self, *args: Any, **options: Any) -> None:
            task = asyncio.current_task()
            assert task is not None
            self.blocking = [task]
            await super()._async_blocking(*args, **options)

        def _decode_error(self, error: Any) -> Any:
            return error

    return Client(fake, 0, client_class=Redis, client_info={"-created": int(time.time())})


def encoded(value: Any, *, resp3: bool) -> bytes:
    """Return a value as the Redis protocol writes it."""
    if value is None:
        return b"_\r\n" if resp3 else b"$-1\r\n"
    if isinstance(value, bool):
        said = b"t" if value else b"f"
        return b"#%s\r\n" % said if resp3 else b":%d\r\n" % value
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, float):
        text = repr(value).encode()
        return b",%s\r\n" % text if resp3 else _bulk(text)
    if isinstance(value, Exception):
        return b"-%s\r\n" % str(getattr(value, "value", value)).encode()
    if isinstance(value, str | bytes):
        return _bulk(value.encode() if isinstance(value, str) else value)
    if isinstance(value, dict):
        flat = [each for pair in value.items() for each in pair]
        head = b"%%%d" % len(value) if resp3 else b"*%d" % len(flat)
        return _many(head, flat, resp3=resp3)
    items = list(value)
    kind = b">" if resp3 and items and items[0] in _PUSHED else b"*"
    return _many(b"%s%d" % (kind, len(items)), items, resp3=resp3)


def _bulk(data: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(data), data)


def _many(head: bytes, values: Iterable[Any], *, resp3: bool) -> bytes:
    return b"\r\n".join((head, b"".join(encoded(each, resp3=resp3) for each in values)))
