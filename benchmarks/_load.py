"""A load that costs little itself: keep-alive connections, one request at a time on each."""

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit

STATUS_OK = b"HTTP/1.1 200"


@dataclass(frozen=True)
class Slice:
    """The times of a number of requests."""

    rps: float
    waits_s: tuple[float, ...]
    """Each request's time from its first byte sent to its answer's last, ascending."""


class Load:
    """Connections to one server, open until closed.

    Args:
        url: the server's.
        paths: asked for in turn.
        connections: how many requests are under way at once.
    """

    def __init__(self, url: str, paths: Sequence[str], connections: int = 16) -> None:
        address = urlsplit(url)
        self._requests: Iterator[bytes] = cycle(
            f"GET {path} HTTP/1.1\r\nhost: {address.netloc}\r\naccept: */*\r\n\r\n".encode()
            for path in paths
        )
        self._selector = selectors.DefaultSelector()
        self._wires = []
        for number in range(connections):
            wire = socket.create_connection((address.hostname, address.port or 80), 10)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._wires.append(wire)
            self._selector.register(wire, selectors.EVENT_READ, [0.0, b"", number])

    def run(self, count: int) -> Slice:
        """Send that number of requests.

        Raises:
            AssertionError: an answer isn't 200.
        """
        waits: list[float] = []
        left = count
        began_s = time.perf_counter()
        for wire in self._wires[:count]:
            self._send(wire)
            left -= 1
        while len(waits) < count:
            for key, _ in self._selector.select():
                wire, mine = self._wires[key.data[2]], key.data
                mine[1] += wire.recv(65536)
                if not _whole(mine[1]):
                    continue
                assert mine[1].startswith(STATUS_OK), mine[1][:500]
                waits.append(time.perf_counter() - mine[0])
                mine[1] = b""
                if left:
                    self._send(wire)
                    left -= 1
        return Slice(count / (time.perf_counter() - began_s), tuple(sorted(waits)))

    def close(self) -> None:
        """Close the connections."""
        self._selector.close()
        for wire in self._wires:
            wire.close()

    def _send(self, wire: socket.socket) -> None:
        self._selector.get_key(wire).data[0] = time.perf_counter()
        wire.sendall(next(self._requests))


def _whole(answer: bytes) -> bool:
    """True if head and body are there; every server here sends a length."""
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[:end].lower()
    start = head.index(b"content-length:") + len(b"content-length:")
    length = int(head[start:].split(b"\r\n", 1)[0])
    return len(answer) - end - 4 >= length
