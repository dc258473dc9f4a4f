"""Many peers, and peers that never stop: what the tap keeps is bounded."""

import asyncio
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.integration.tap.rig import GET, Wire, rig

CONNECTIONS = 400
"""In one process with both its ends; 2,000 of a process of its own fit the same way."""


@pytest.fixture
def memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("memory")
async def test_gigabyte_passes_through_a_few_megabytes() -> None:
    block = bytes(2**20)
    blocks = 256

    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for _ in range(blocks):
            await wire.send(b"%x\r\n" % len(block))
            await wire.send(block)
            await wire.send(b"\r\n")
        await wire.send(b"0\r\n\r\n")

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        await wire.until(b"\r\n\r\n")
        got = 0
        while got < blocks * len(block):
            got += len(await wire.reader.read(2**16))
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
        await r.idle()


@pytest.mark.usefixtures("memory")
async def test_endless_garbage_is_not_kept() -> None:
    async with rig() as r, r.connect() as wire:
        await wire.send(b"\x00\r\n\r\n")
        assert (await wire.until(b"\r\n")).startswith(b"HTTP/1.1 400 ")
        with suppress(ConnectionError):
            while True:  # as long as it takes the tap to lose patience
                await wire.send(bytes(2**20))
        assert wire.writer.transport.is_closing()
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20


async def test_idle_connections_cost_the_provider_nothing() -> None:
    async with rig() as r:
        ends = [
            await asyncio.open_connection(r.host, r.port, limit=1024) for _ in range(CONNECTIONS)
        ]
        assert (await r.ask()).endswith(b"ok")
        assert len(r.provider.connections) == 1
        for _, writer in ends:
            writer.write(b"GET /half")
        assert (await r.ask()).endswith(b"ok")
        for _, writer in ends:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in ends))
        assert r.tap.journal.in_flight == 0


async def test_many_consumers_each_get_their_own_answer() -> None:
    async def echo(wire: Wire) -> None:
        while True:
            head, _ = await wire.message()
            path = head.split()[1]
            await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(path) + path)

    async def one(number: int) -> list[bytes]:
        async with r.connect() as wire:
            got = []
            for turn in range(10):
                await wire.send(b"GET /%d/%d HTTP/1.1\r\nhost: h\r\n\r\n" % (number, turn))
                got.append((await wire.message())[1])
            return got

    async with rig(echo) as r:
        answers = await asyncio.gather(*(one(number) for number in range(50)))
        assert answers == [[b"/%d/%d" % (n, turn) for turn in range(10)] for n in range(50)]
        assert len(r.tap.journal.page().entries) == 500
