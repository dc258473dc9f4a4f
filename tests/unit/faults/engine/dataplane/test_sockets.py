"""Sockets and pipes: every byte, in order, however slowly it is taken; ends that look right."""

import asyncio
import hashlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from seatrial.faults.engine.dataplane import sockets
from seatrial.faults.engine.dataplane.pipes import Pipes
from seatrial.faults.engine.dataplane.sockets import HIGH_BYTES, Socket

PATIENCE_S = 20.0
MUCH = random.Random(1).randbytes(6_000_000)


class Side:
    """Notes what a socket reports; sends all on to the other side, unseen where that is allowed."""

    def __init__(self, sock: socket.socket, *, unseen: int = 0) -> None:
        self.socket = Socket(sock, self)
        self.other: Side | None = None
        self.unseen = unseen
        self.seen_bytes = self.spliced_bytes = 0
        self.jams: list[bool] = []
        self.ended = self.gone = False

    def received(self, data: memoryview) -> None:
        """Pass it on."""
        self.seen_bytes += len(data)
        assert self.other is not None
        self.other.socket.write(data)

    def spliceable(self) -> tuple[Socket, int] | None:
        """To the other side, as much as the test allows."""
        assert self.other is not None
        return (self.other.socket, self.unseen) if self.unseen and self.other.socket.idle else None

    def spliced(self, count: int) -> None:
        """Count."""
        self.spliced_bytes += count

    def received_end(self) -> None:
        """End the other side."""
        self.ended = True
        assert self.other is not None
        self.other.socket.close()

    def congested(self, congested: bool) -> None:
        """Stop the other side, or let it go on."""
        self.jams.append(congested)
        assert self.other is not None
        (self.other.socket.pause_reading if congested else self.other.socket.resume_reading)()

    def lost(self) -> None:
        """Note it, and end the other side."""
        self.gone = True
        self.received_end()


@asynccontextmanager
async def relay(unseen: int) -> AsyncIterator[tuple[socket.socket, socket.socket, Side, Side]]:
    """Two connections whose inner ends are joined: near end, far end, and both inner sides."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pair() -> tuple[socket.socket, socket.socket]:
            outer = socket.create_connection(listener.getsockname())
            outer.setblocking(False)
            return outer, listener.accept()[0]

        (near, a), (far, b) = pair(), pair()
    left, right = Side(a, unseen=unseen), Side(b, unseen=unseen)
    left.other, right.other = right, left
    for side in (left, right):
        side.socket.resume_reading()
    try:
        yield near, far, left, right
    finally:
        for side in (left, right):
            side.socket.abort()
        await until(lambda: left.gone and right.gone)
        near.close()
        far.close()


async def until(true: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - what is waited for happens in the kernel
            await asyncio.sleep(0.001)


@pytest.fixture(params=[0, 1 << 20], ids=["seen", "unseen"])
def unseen(request: pytest.FixtureRequest) -> int:
    """Data by hand, and through the kernel's pipes."""
    found: int = request.param
    return found


async def test_all_comes_through_in_order_to_a_reader_that_dawdles(unseen: int) -> None:
    loop = asyncio.get_running_loop()
    async with relay(unseen) as (near, far, left, right):
        sending = asyncio.create_task(loop.sock_sendall(near, MUCH))
        got = hashlib.sha256()
        count = 0
        chance = random.Random(2)
        while count < len(MUCH):
            part = await loop.sock_recv(far, chance.choice((1, 1000, 1 << 20)))
            got.update(part)
            count += len(part)
            if chance.random() < 0.05:
                await asyncio.sleep(0.001)
        await sending
    assert got.digest() == hashlib.sha256(MUCH).digest()
    assert left.seen_bytes + left.spliced_bytes == len(MUCH)
    assert (left.spliced_bytes > 0) == (unseen > 0)
    assert right.jams[:2] in ([], [True, False])


async def test_much_that_waits_stops_the_source_and_is_bounded(unseen: int) -> None:
    loop = asyncio.get_running_loop()
    async with relay(unseen) as (near, _, _left, right):
        sending = asyncio.create_task(loop.sock_sendall(near, bytes(40_000_000)))
        await until(lambda: right.jams == [True])
        await asyncio.sleep(0.05)
        assert right.socket._waiting_bytes <= HIGH_BYTES + (1 << 20)
        assert not sending.done()
        sending.cancel()


async def test_what_waits_is_sent_before_the_end(unseen: int) -> None:
    loop = asyncio.get_running_loop()
    async with relay(unseen) as (near, far, _, right):
        sending = asyncio.create_task(loop.sock_sendall(near, MUCH))
        await until(lambda: right.jams == [True])
        sending.add_done_callback(lambda _: near.shutdown(socket.SHUT_WR))
        drained = 0
        while part := await loop.sock_recv(far, 1 << 20):
            drained += len(part)
        assert drained == len(MUCH)


async def test_reset_says_so_to_the_other_end() -> None:
    loop = asyncio.get_running_loop()
    async with relay(0) as (near, _, left, _right):
        left.socket.reset()
        with pytest.raises(ConnectionResetError):
            await loop.sock_recv(near, 1)
        assert left.gone


async def test_broken_socket_ends_once() -> None:
    loop = asyncio.get_running_loop()
    async with relay(0) as (near, far, left, right):
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()  # a reset
        await until(lambda: right.gone)
        await until(lambda: left.gone)
        left.socket.write(b"late")
        left.socket.close()
        assert await loop.sock_recv(near, 1) == b""


async def test_pipes_are_few_and_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sockets._PIPES.there_are:
        pytest.skip("this system can't splice")
    monkeypatch.setattr(sockets, "_PIPES", pipes := Pipes(most=1))
    taken = pipes.take()
    assert taken is not None
    assert pipes.take() is None
    taken.close()
    async with relay(1 << 20) as (near, far, left, _):
        loop = asyncio.get_running_loop()
        sending = asyncio.create_task(loop.sock_sendall(near, MUCH))
        count = 0
        while count < len(MUCH):
            count += len(await loop.sock_recv(far, 1 << 20))
        await sending
        assert left.spliced_bytes > 0
