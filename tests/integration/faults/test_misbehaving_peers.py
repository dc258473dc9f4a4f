"""Peers that never close, come by the thousand, send a gigabyte: memory is bounded."""

import resource
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from seatrial.faults.select import start_embedded
from seatrial.system import Process, Session
from seatrial.tap import start_tap

from .wire import Api, Wire, wired

MEGABYTE = 1024 * 1024
CONNECTIONS = 2_000
GIGABYTE = 1024 * MEGABYTE
BLOCK = bytes(MEGABYTE)


@pytest.fixture(scope="module", autouse=True)
def many_files() -> Iterator[None]:
    """As many open files as both ends of N connections take."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"only {hard} files may be opened here, {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as opened:
        yield opened


def resident_bytes(process: Process) -> int:
    """Return what a process has in memory."""
    if sys.platform != "linux":
        pytest.skip("memory is read from /proc")
    fields = Path(f"/proc/{process.pid}/statm").read_text().split()
    return int(fields[1]) * resource.getpagesize()


def _clients(stack: ExitStack, address: tuple[str, int], count: int) -> list[socket.socket]:
    return [
        stack.enter_context(socket.create_connection(address, timeout=30)) for _ in range(count)
    ]


def test_thousands_of_connections_that_never_close_cost_little(session: Session) -> None:
    engine = start_embedded(session)
    assert engine.process is not None
    with ExitStack() as stack:
        wire = stack.enter_context(wired(Api(engine.url), "crowd"))
        wire.toxic("latency", latency=1)
        before = resident_bytes(engine.process)
        pairs = [wire.connect() for _ in range(CONNECTIONS)]
        for client, _ in pairs[::100]:
            client.send(b"x")
        assert resident_bytes(engine.process) - before < CONNECTIONS * 20_000
        assert wire.api("GET", "/version").status == 200
        client, server = wire.connect()
        client.send(b"hello")
        assert server.read(5) == b"hello"


@pytest.mark.parametrize("toxic", ["noop", "packet_loss"])
def test_gigabyte_passes_through_a_few_megabytes(session: Session, toxic: str) -> None:
    """Unseen, through the kernel's pipes, and by hand, since packet_loss looks at all data."""
    engine = start_embedded(session)
    assert engine.process is not None
    size = GIGABYTE if toxic == "noop" else GIGABYTE // 4
    with wired(Api(engine.url), "much") as wire, ThreadPoolExecutor() as pool:
        wire.toxic(toxic)
        before = resident_bytes(engine.process)
        client, server = wire.connect()
        sent = pool.submit(lambda: [server.send(BLOCK) for _ in range(size // MEGABYTE)])
        assert _drained(client.sock, size) == size
        sent.result()
        assert resident_bytes(engine.process) - before < 24 * MEGABYTE
        assert _counted(wire) == size


def _drained(sock: socket.socket, size: int) -> int:
    room, count = bytearray(MEGABYTE), 0
    while count < size and (got := sock.recv_into(room)):
        count += got
    return count


def _counted(wire: Wire) -> int:
    (entry,) = wire.api("GET", f"{wire.path}/connections").json["connections"]
    found: int = entry["downstream"]["sent"]
    return found


def test_tap_stands_a_crowd_that_never_finishes_its_requests(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as provider, ExitStack() as stack:
        tap = start_tap(session, f"http://127.0.0.1:{provider.getsockname()[1]}")
        address = ("127.0.0.1", int(tap.url.rpartition(":")[2]))
        before = resident_bytes(tap.process)
        for client in _clients(stack, address, CONNECTIONS):
            client.sendall(b"GET /half HTTP/1.1\r\nhost:")
        assert Api(tap.control_url)("GET", "/health/live").status == 200
        assert resident_bytes(tap.process) - before < CONNECTIONS * 30_000
