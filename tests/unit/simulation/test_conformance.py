"""The simulated loop does what the selector loop does: each test runs on both."""

import asyncio
import errno
import select
import socket
import struct
from typing import Any

import pytest

from tests.unit.simulation.conftest import Run
from tests.unit.simulation.wire import Recorder, Wire, eventually, turns, wire

LINGER_NOT = struct.pack("ii", 1, 0)
MUCH = 8 * 1024 * 1024
"""More than the buffers of any kernel hold."""


def reset(end: Recorder) -> None:
    end.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT
    )
    end.transport.abort()


def test_bytes_arrive_in_order_in_both_directions(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            sent = b"".join(n.to_bytes(4) * (n % 50) for n in range(2000))
            for n in range(2000):
                w.client.transport.write(n.to_bytes(4) * (n % 50))
                w.server.transport.write(n.to_bytes(4) * (n % 50))
            await w.server.until_data(len(sent))
            await w.client.until_data(len(sent))
            assert w.server.data == w.client.data == sent

    run(main())


def test_a_half_closed_connection_still_carries_the_other_direction(run: Run) -> None:
    async def main() -> None:
        async with wire(keep_open=True) as w:
            w.client.transport.write(b"question")
            w.client.transport.write_eof()
            await w.server.until_kind("eof")
            assert w.server.data == b"question"
            assert w.client.transport.can_write_eof()
            w.server.transport.write(b"answer")
            await w.client.until_data(6)
            w.server.transport.close()
            await w.client.until_kind("eof")
            assert w.client.events == [("data", b"answer"), ("eof", None)]

    run(main())


def test_writing_after_the_end_of_ones_own_stream_is_an_error(run: Run) -> None:
    async def main() -> None:
        async with wire(keep_open=True) as w:
            w.client.transport.write_eof()
            with pytest.raises(RuntimeError, match="write_eof"):
                w.client.transport.write(b"more")

    run(main())


def test_an_orderly_close_is_an_end_and_no_error_on_either_side(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.client.transport.write(b"bye")
            w.client.transport.close()
            w.client.transport.close()
            assert w.client.transport.is_closing()
            w.client.transport.write(b"too late")
            await w.server.until_kind("lost")
            await w.client.until_kind("lost")
            assert w.server.events == [("data", b"bye"), ("eof", None), ("lost", None)]
            assert w.client.events == [("lost", None)]

    run(main())


def test_close_sends_what_was_written_before(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.client.transport.write(b"x" * MUCH)
            w.client.transport.close()
            await w.server.until_kind("lost")
            assert w.server.data == b"x" * MUCH
            assert w.server.lost is None

    run(main())


def test_a_reset_is_an_error_of_the_peer(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            reset(w.client)
            await w.server.until_kind("lost")
            await w.client.until_kind("lost")
            assert w.server.events == [("lost", ConnectionResetError)]
            assert w.client.events == [("lost", None)]

    run(main())


def test_bytes_from_before_a_reset_are_read_first(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.server.transport.pause_reading()
            w.client.transport.write(b"last words")
            await turns()
            reset(w.client)
            await w.client.until_kind("lost")
            w.server.transport.resume_reading()
            await w.server.until_kind("lost")
            assert w.server.events == [("data", b"last words"), ("lost", ConnectionResetError)]

    run(main())


def test_abort_without_linger_is_an_end_for_the_peer(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.client.transport.abort()
            await w.server.until_kind("lost")
            assert w.server.events == [("eof", None), ("lost", None)]

    run(main())


def test_closing_with_unread_bytes_resets_the_peer(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.server.transport.pause_reading()
            w.client.transport.write(b"never read")
            await arrived(w.server)
            w.server.transport.close()
            await w.client.until_kind("lost")
            assert w.client.lost is ConnectionResetError

    run(main())


async def arrived(end: Recorder) -> None:
    """Wait until bytes lie in the socket of an end that doesn't read."""
    fd = end.transport.get_extra_info("socket").fileno()
    await eventually(lambda: readable(fd))


def readable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def test_writing_to_a_peer_that_has_closed_loses_the_connection(run: Run) -> None:
    async def main() -> None:
        async with wire(client=Recorder(keep_open=True)) as w:
            w.server.transport.close()
            await w.client.until_kind("eof")
            async with asyncio.timeout(20):
                while "lost" not in w.client.kinds:
                    w.client.transport.write(b"anybody there?")
                    await asyncio.sleep(0.0005)
            assert w.client.lost in (ConnectionResetError, BrokenPipeError)

    run(main())


def test_nothing_is_received_while_reading_is_paused(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.server.transport.pause_reading()
            assert not w.server.transport.is_reading()
            w.client.transport.write(b"one")
            await arrived(w.server)
            w.client.transport.write(b"two")
            await turns()
            assert w.server.events == []
            w.server.transport.resume_reading()
            assert w.server.transport.is_reading()
            await w.server.until_data(6)
            assert w.server.data == b"onetwo"

    run(main())


def test_an_end_is_not_noticed_while_reading_is_paused(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.server.transport.pause_reading()
            w.client.transport.close()
            await arrived(w.server)
            await turns()
            assert w.server.events == []
            w.server.transport.resume_reading()
            await w.server.until_kind("lost")
            assert w.server.events == [("eof", None), ("lost", None)]

    run(main())


def test_a_writer_is_paused_above_the_high_mark_and_resumed_at_the_low_one(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            transport = w.client.transport
            transport.set_write_buffer_limits(high=1000, low=100)
            assert transport.get_write_buffer_limits() == (100, 1000)
            w.server.transport.pause_reading()
            transport.write(b"x" * MUCH)
            assert w.client.kinds == ["paused"]
            assert transport.get_write_buffer_size() > 1000
            w.server.transport.resume_reading()
            await w.client.until_kind("resumed")
            assert transport.get_write_buffer_size() <= 100
            await w.server.until_data(MUCH)
            assert w.client.kinds == ["paused", "resumed"]

    run(main())


def test_what_a_peer_never_reads_stays_with_the_writer_until_it_gives_up(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            w.server.transport.pause_reading()
            w.client.transport.write(b"x" * MUCH)
            await turns()
            assert 0 < w.client.transport.get_write_buffer_size() < MUCH
            w.client.transport.abort()
            await w.client.until_kind("lost")
            assert w.client.events == [("paused", None), ("lost", None)]

    run(main())


def test_the_end_of_a_stream_comes_after_what_was_still_in_the_buffer(run: Run) -> None:
    async def main() -> None:
        async with wire(keep_open=True) as w:
            w.server.transport.pause_reading()
            w.client.transport.write(b"x" * MUCH)
            w.client.transport.write_eof()
            await turns()
            w.server.transport.resume_reading()
            await w.server.until_kind("eof")
            assert w.server.kinds == ["data", "eof"]
            assert len(w.server.data) == MUCH

    run(main())


def test_a_port_where_nobody_listens_refuses(run: Run) -> None:
    async def main() -> int:
        async with wire() as w:
            port = w.port
        with pytest.raises(ConnectionRefusedError) as refused:
            await asyncio.get_running_loop().create_connection(Recorder, "127.0.0.1", port)
        assert refused.value.errno is not None
        return refused.value.errno

    assert run(main()) == errno.ECONNREFUSED


def test_a_closed_server_refuses_and_its_connections_go_on(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            port = w.port
            w.listener.close()
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            w.client.transport.write(b"still here")
            await w.server.until_data(10)

    run(main())


def test_a_port_in_use_cannot_be_taken(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            with pytest.raises(OSError, match="in use") as taken:
                await asyncio.start_server(print, "127.0.0.1", w.port)
            assert taken.value.errno == errno.EADDRINUSE

    run(main())


def test_a_cancelled_connect_leaves_nothing_open(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        accepted: list[Recorder] = []

        def accept() -> Recorder:
            accepted.append(Recorder())
            return accepted[-1]

        listener = await loop.create_server(accept, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        connecting = asyncio.create_task(loop.create_connection(Recorder, "127.0.0.1", port))
        await turns(1)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        transport, _ = await loop.create_connection(Recorder, "127.0.0.1", port)
        await eventually(lambda: bool(accepted) and accepted[-1].made.is_set())
        for earlier in accepted[:-1]:
            await earlier.until_kind("lost")
        transport.close()
        await accepted[-1].until_kind("lost")
        listener.close()

    run(main())


def test_extra_info_has_the_addresses_of_both_ends(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            client, server = w.client.transport, w.server.transport
            assert client.get_extra_info("peername") == ("127.0.0.1", w.port)
            assert client.get_extra_info("peername") == server.get_extra_info("sockname")
            assert client.get_extra_info("sockname") == server.get_extra_info("peername")
            assert client.get_extra_info("ssl_object") is None
            assert client.get_extra_info("nothing", "default") == "default"

    run(main())


def test_extra_info_has_a_socket(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            found = w.client.transport.get_extra_info("socket")
            assert found.family == socket.AF_INET
            assert found.type == socket.SOCK_STREAM
            assert found.getpeername() == ("127.0.0.1", w.port)
            assert found.getsockname() == w.client.transport.get_extra_info("sockname")
            assert found.gettimeout() == 0
            assert found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert found.fileno() >= 0
            w.client.transport.close()
            await w.client.until_kind("lost")
            assert found.fileno() == -1

    run(main())


def test_a_poll_says_whether_an_idle_connection_has_ended(run: Run) -> None:
    """HTTP clients ask so before they use a pooled connection again."""

    async def main() -> None:
        async with wire() as w:
            w.client.transport.pause_reading()
            fd = w.client.transport.get_extra_info("socket").fileno()
            assert not readable(fd)
            w.server.transport.close()
            await arrived(w.client)
            assert readable(fd)

    run(main())


def test_a_protocol_that_fails_loses_its_connection(run: Run) -> None:
    class Failing(Recorder):
        def data_received(self, data: bytes) -> None:
            raise ZeroDivisionError

    async def main() -> None:
        reports: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reports.append(context))
        async with wire(server=Failing()) as w:
            w.client.transport.write(b"x")
            await w.server.until_kind("lost")
            assert w.server.lost is ZeroDivisionError
            await w.client.until_kind("lost")
        assert [type(report["exception"]) for report in reports] == [ZeroDivisionError]

    run(main())


def test_a_buffered_protocol_fills_its_own_buffer(run: Run) -> None:
    class Filling(asyncio.BufferedProtocol):
        def __init__(self) -> None:
            self.buffer = bytearray(7)
            self.data = b""
            self.done = asyncio.Event()

        def get_buffer(self, sizehint: int) -> bytearray:
            return self.buffer

        def buffer_updated(self, nbytes: int) -> None:
            self.data += self.buffer[:nbytes]

        def eof_received(self) -> None:
            self.done.set()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        there = Filling()
        listener = await loop.create_server(lambda: there, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        transport, _ = await loop.create_connection(Recorder, "127.0.0.1", port)
        transport.write(b"a stream in small pieces")
        transport.close()
        await there.done.wait()
        assert there.data == b"a stream in small pieces"
        listener.close()
        await turns()

    run(main())


def test_streams_read_lines_and_drain(run: Run) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        server = await asyncio.start_server(echo, "localhost", 0, family=socket.AF_INET)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port, family=socket.AF_INET)
        for word in (b"one\n", b"two\n"):
            writer.write(word)
            assert await reader.readline() == word.upper()
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()

    run(main())


def test_sockets_work_with_the_loops_own_methods(run: Run) -> None:
    """So happy eyeballs outside asyncio connect, and servers that bind their sockets themselves."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        accepting = asyncio.create_task(loop.sock_accept(listening))
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
            client.setblocking(False)
            await loop.sock_connect(client, listening.getsockname())
            server, address = await accepting
            assert address == client.getsockname()
            await loop.sock_sendall(client, b"hello")
            assert await loop.sock_recv(server, 3) == b"hel"
            buffer = bytearray(10)
            assert await loop.sock_recv_into(server, buffer) == 2
            server.close()
            assert await loop.sock_recv(client, 10) == b""
        listening.close()

    run(main())


def test_a_connected_socket_becomes_a_transport(run: Run) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with wire() as w:
            second = socket.socket()
            second.setblocking(False)
            await loop.sock_connect(second, ("127.0.0.1", w.port))
            transport, here = await loop.create_connection(Recorder, sock=second)
            assert transport.get_extra_info("peername") == ("127.0.0.1", w.port)
            transport.abort()
            await here.until_kind("lost")
            assert here.events == [("lost", None)]

    run(main())


def test_backpressure_holds_a_stream_writer_until_its_peer_reads(run: Run) -> None:
    async def main() -> None:
        may_read = asyncio.Event()
        read = 0

        async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal read
            await may_read.wait()
            read = len(await reader.read())
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(slow, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x" * MUCH)
        draining = asyncio.create_task(writer.drain())
        await asyncio.sleep(0.02)
        assert not draining.done()
        may_read.set()
        await draining
        writer.close()
        await writer.wait_closed()
        server.close()
        await eventually(lambda: read > 0)
        assert read == MUCH
        await turns()

    run(main())


def test_ends_that_close_at_the_same_time_both_end_in_order(run: Run) -> None:
    async def main() -> None:
        async with wire() as w:
            both_close(w)
            await w.client.until_kind("lost")
            await w.server.until_kind("lost")
            assert w.client.lost is None
            assert w.server.lost is None

    def both_close(w: Wire) -> None:
        w.client.transport.close()
        w.server.transport.close()

    run(main())
