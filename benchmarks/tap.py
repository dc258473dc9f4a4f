"""The cost of the tap: the time it adds to a request, and the requests that a core of it carries.

`python benchmarks/tap.py` prints the figures. A provider that does nothing answers; the direct way
and the way through the tap are measured interleaved, so that a busy machine harms both alike.
"""

import asyncio
import json
import socket
import statistics
import sys
import time
from pathlib import Path

import psutil  # comes with locust

from seatrial.system import Session
from seatrial.tap import start_tap

REQUEST = b"GET /users/u-1 HTTP/1.1\r\nhost: provider\r\nx-trace-id: t-1\r\naccept: */*\r\n\r\n"
BODY = b'{"id": "u-1", "name": "Ada", "email": "ada@example.org", "role": "VA"}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY)
) + BODY

ROUNDS = 30
BATCH = 100
CONNECTIONS = 16
LOAD_S = 2.0


class Idle(asyncio.Protocol):
    """Answers each request at once and looks at none."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer."""
        self._transport.write(ANSWER * data.count(b"\r\n\r\n"))


async def provide() -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Idle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    line = {"event": "listening", "data": {"url": f"http://127.0.0.1:{port}"}}
    print(json.dumps(line), flush=True)
    await server.serve_forever()


def port_of(url: str) -> int:
    """The port in a URL."""
    return int(url.rpartition(":")[2])


def round_trips(wire: socket.socket, count: int) -> list[float]:
    """The time of each request, in µs, one after the other on one connection."""
    times: list[float] = []
    for _ in range(count):
        began_s = time.perf_counter()
        wire.sendall(REQUEST)
        left = len(ANSWER)
        while left > 0:
            left -= len(wire.recv(65536))
        times.append((time.perf_counter() - began_s) * 1e6)
    return times


def added_p50_us(direct_url: str, tap_url: str) -> float:
    """The median of a request through the tap less that of one without it."""
    through: list[float] = []
    without: list[float] = []
    with (
        socket.create_connection(("127.0.0.1", port_of(direct_url))) as direct,
        socket.create_connection(("127.0.0.1", port_of(tap_url))) as tapped,
    ):
        for wire in (direct, tapped):
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            round_trips(wire, BATCH)
        for _ in range(ROUNDS):
            without += round_trips(direct, BATCH)
            through += round_trips(tapped, BATCH)
    return statistics.median(through) - statistics.median(without)


async def carried(url: str) -> int:
    """The requests that some connections get answered in `LOAD_S`, each one at a time."""
    end_s = time.monotonic() + LOAD_S

    async def one() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port_of(url))
        count = 0
        while time.monotonic() < end_s:
            writer.write(REQUEST)
            await reader.readexactly(len(ANSWER))
            count += 1
        writer.close()
        return count

    return sum(await asyncio.gather(*(one() for _ in range(CONNECTIONS))))


def figures() -> dict[str, float]:
    """`tap_p50_us`, and `tap_rps`: requests for each second of processor time that the tap took."""
    with Session() as session:
        provider = session.start("provider", ["python", str(Path(__file__).resolve()), "provide"])
        url = str(provider.wait_listening()["url"])
        tap = start_tap(session, url)
        added_us = added_p50_us(url, tap.url)
        process = psutil.Process(tap.process.pid)
        before = process.cpu_times()
        count = asyncio.run(carried(tap.url))
        after = process.cpu_times()
    used_s = after.user + after.system - before.user - before.system
    return {"tap_p50_us": round(added_us, 1), "tap_rps": round(count / used_s, 1)}


if __name__ == "__main__":
    if sys.argv[1:] == ["provide"]:
        asyncio.run(provide())
    else:
        print(json.dumps(figures(), indent=2))
