"""The embedded engine and the real Toxiproxy: throughput, round trips, timing, processor time.

`python -m benchmarks engine` prints the figures, each the embedded engine's as a multiple of the
real server's. Both run at once and are measured in turn, so that a busy machine harms both alike,
and of all rounds the one counts that was disturbed least. Both have the same chain of three toxics,
which let everything through, on each direction.
"""

import json
import select
import socket
import statistics
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # comes with locust

from seatrial.faults import Engine, Proxy, find_server, start_embedded, start_server
from seatrial.system import Session

CHAIN: tuple[tuple[str, dict[str, float]], ...] = (
    ("latency", {}),
    ("limit_data", {"bytes": 2**50}),
    ("slow_close", {}),
)
"""Three toxics at work, none of which changes anything."""

ROUNDS = 7
BLOCK = bytes(1 << 20)
CARRIED_BYTES = 256 * len(BLOCK)
ROUND_TRIPS = 1000
DELAY_S = 0.05
DELAYED = 40
"""Delayed messages in a round."""
_STAMP = struct.Struct("d")


# The far end, in a process of its own


def provide() -> None:
    """Serve until killed: echo what comes, say what time it is, or send N blocks."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    url = f"127.0.0.1:{listener.getsockname()[1]}"
    print(json.dumps({"event": "listening", "data": {"url": url}}), flush=True)
    while True:
        threading.Thread(target=_serve, args=(listener.accept()[0],), daemon=True).start()


def _serve(wire: socket.socket) -> None:
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while data := wire.recv(4096):
            if data == b"when":
                wire.sendall(_STAMP.pack(time.monotonic()))
            elif data.startswith(b"send "):
                for _ in range(int(data[5:])):
                    wire.sendall(BLOCK)
            else:
                wire.sendall(data)
    except OSError:
        pass
    finally:
        wire.close()


# The near end


@contextmanager
def connected(proxy: Proxy, count: int = 1) -> Iterator[list[socket.socket]]:
    """Connections through a proxy."""
    host, _, port = proxy.address.rpartition(":")
    wires = [socket.create_connection((host, int(port)), timeout=30) for _ in range(count)]
    for wire in wires:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield wires
    finally:
        for wire in wires:
            wire.close()


def carried_gb_per_s(proxy: Proxy, count: int) -> float:
    """Measure what `count` connections together carry from the server."""
    share = CARRIED_BYTES // count
    room = bytearray(len(BLOCK))
    with connected(proxy, count) as wires:
        poll = select.epoll()
        left = {wire.fileno(): share for wire in wires}
        by_number = {wire.fileno(): wire for wire in wires}
        for wire in wires:
            poll.register(wire, select.EPOLLIN)
        began_s = time.perf_counter()
        for wire in wires:
            wire.sendall(b"send %d" % (share // len(BLOCK)))
        while left:
            for number, _ in poll.poll(30):
                left[number] -= by_number[number].recv_into(room)
                if left[number] <= 0:
                    del left[number]
                    poll.unregister(number)
        took_s = time.perf_counter() - began_s
        poll.close()
    return CARRIED_BYTES / took_s / 1e9


def round_trips_s(proxy: Proxy, count: int) -> list[float]:
    """Measure how long each of some small messages takes there and back."""
    times = []
    with connected(proxy) as (wire,):
        for _ in range(count):
            began_s = time.perf_counter()
            wire.sendall(b"x" * 64)
            wire.recv(4096)
            times.append(time.perf_counter() - began_s)
    return times


def delays_s(proxy: Proxy, count: int) -> list[float]:
    """Measure how long messages are under way to here, by the clock that both ends share."""
    times = []
    with connected(proxy) as (wire,):
        for _ in range(count):
            wire.sendall(b"when")
            sent_s = _STAMP.unpack(wire.recv(4096))[0]
            times.append(time.monotonic() - sent_s)
    return times


class Subject:
    """One of the two engines, with its proxies and what was measured."""

    def __init__(self, engine: Engine, upstream: str) -> None:
        self.engine = engine
        self.plain = engine.proxy("plain", upstream)
        self.late = engine.proxy("late", upstream)
        for proxy in (self.plain, self.late):
            for stream in ("upstream", "downstream"):
                for kind, attributes in CHAIN:
                    proxy.add_toxic(kind, stream, 1.0, None, **attributes)
        self.late.update_toxic("latency_downstream", latency=round(DELAY_S * 1000))
        self.throughput_1: list[float] = []
        self.throughput_4: list[float] = []
        self.rtt_s: list[float] = []
        self.error_s: list[float] = []
        self.cpu_s_per_gb: list[float] = []

    def measure(self) -> None:
        """One round."""
        assert self.engine.process is not None
        process = psutil.Process(self.engine.process.pid)
        before = process.cpu_times()
        self.throughput_1.append(carried_gb_per_s(self.plain, 1))
        self.throughput_4.append(carried_gb_per_s(self.plain, 4))
        after = process.cpu_times()
        used_s = after.user + after.system - before.user - before.system
        self.cpu_s_per_gb.append(used_s / (2 * CARRIED_BYTES / 1e9))
        self.rtt_s.append(statistics.median(round_trips_s(self.plain, ROUND_TRIPS)))
        errors_s = [abs(took_s - DELAY_S) for took_s in delays_s(self.late, DELAYED)]
        self.error_s.append(statistics.quantiles(errors_s, n=20)[-1])


def figures() -> dict[str, float]:
    """The embedded engine's figures as multiples of the real server's; {} without that one."""
    program = find_server()
    if program is None:
        print("engine: no Toxiproxy here to compare with; `make toxiproxy` builds it", flush=True)
        return {}
    with Session() as session:
        provider = session.start("provider", ["python", str(Path(__file__).resolve()), "provide"])
        upstream = str(provider.wait_listening()["url"])
        ours = Subject(start_embedded(session), upstream)
        theirs = Subject(start_server(session, program), upstream)
        for number in range(ROUNDS):
            for subject in (ours, theirs) if number % 2 else (theirs, ours):
                subject.measure()
    return compared(ours, theirs)


def compared(ours: Subject, theirs: Subject) -> dict[str, float]:
    """Each figure of ours by that of theirs, and both as they are."""
    ways: dict[str, tuple[Callable[[Subject], float], float]] = {
        "throughput_1_gb_per_s": (lambda one: max(one.throughput_1), 1),
        "throughput_4_gb_per_s": (lambda one: max(one.throughput_4), 1),
        "rtt_p50_us": (lambda one: min(one.rtt_s), 1e6),
        "latency_error_p95_ms": (lambda one: min(one.error_s), 1e3),
        "cpu_gb_s": (lambda one: min(one.cpu_s_per_gb), 1),
    }
    found: dict[str, float] = {}
    for name, (way, scale) in ways.items():
        a, b = way(ours) * scale, way(theirs) * scale
        ratio = name.rpartition("_gb_per_s")[0] or name.rpartition("_")[0]
        found[f"engine_x_{ratio}"] = round(a / b, 3)
        found[f"engine_{name}"] = round(a, 3)
        found[f"toxiproxy_{name}"] = round(b, 3)
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["provide"]:
        provide()
    else:
        print(json.dumps(figures(), indent=2))
