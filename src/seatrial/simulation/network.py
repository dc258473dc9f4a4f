"""The simulated network: who listens where, what is on its way, and what happened."""

import errno
import heapq
import itertools
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seatrial.simulation.clock import NS, VirtualClock, seeded
from seatrial.simulation.links import NetworkLink
from seatrial.simulation.names import ANYWHERE, Names, source_address
from seatrial.simulation.pipes import Direction, SegmentKind, SimulatedConnection
from seatrial.simulation.processes import SimulatedProcess
from seatrial.simulation.sockets import Address, SimulatedSocket, os_error

FIRST_FD = 1 << 20
_FIRST_FREE_PORT = 49152
_CONNECT_TIMEOUT_S = 127
"""When Linux gives up on an address that doesn't answer."""


@dataclass(frozen=True, slots=True)
class NetworkEvent:
    """Something that arrived at the end of a connection."""

    at_s: float
    host: str
    port: int
    connection: int
    direction: Direction
    kind: str
    data: bytes


class Network:
    """Hosts, links and connections, all in memory.

    Attributes:
        names: Its host names.
        observer: Called with every event, to trace a run.
    """

    def __init__(
        self,
        clock: VirtualClock,
        *,
        seed: object,
        latency_s: float,
        refuse: Callable[[str, str], Exception],
    ) -> None:
        self.clock = clock
        self.names = Names()
        self.observer: Callable[[NetworkEvent], None] | None = None
        self.refuse = refuse
        self._seed = seed
        self._latency_s = latency_s
        self._links: dict[tuple[str, int], NetworkLink] = {}
        self._listeners: dict[tuple[str, int], SimulatedSocket] = {}
        self._events: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._ports = itertools.count(_FIRST_FREE_PORT)
        self._fds = itertools.count(FIRST_FD)
        self._sockets: dict[int, SimulatedSocket] = {}
        self.touched: Callable[[int], None] = _nobody_selects

    # For whoever sets the scene.

    def link(self, host: str, port: int) -> NetworkLink:
        """Return the link to a host and port, whether or not anybody listens there yet."""
        address = self.names.resolve(host)
        found = self._links.get((address, port))
        if found is None:
            found = self._links[address, port] = NetworkLink(
                address,
                port,
                latency_s=self._latency_s,
                rng=seeded(f"{self._seed} {address}:{port}"),
            )
        return found

    @property
    def links(self) -> tuple[NetworkLink, ...]:
        """All links that were asked for or used."""
        return tuple(self._links.values())

    def is_listening(self, host: str, port: int) -> bool:
        """Return whether somebody listens at a host and port."""
        return self._listener(self.names.resolve(host), port) is not None

    def abort(self, process: SimulatedProcess) -> None:
        """Close all sockets of a process, with a reset to each peer."""
        for one in [one for one in self._sockets.values() if one.process is process]:
            one.abort()

    # For the selector.

    def schedule(self, at_ns: int, action: Callable[..., None], *arguments: Any) -> None:
        """Let something happen at a time; what is due at one time happens in this order."""
        heapq.heappush(self._events, (at_ns, next(self._order), action, arguments))

    @property
    def next_ns(self) -> int | None:
        """The time of the next event, if any is on its way."""
        return self._events[0][0] if self._events else None

    def run_due(self) -> None:
        """Let happen what is due."""
        while self._events and self._events[0][0] <= self.clock.now_ns:
            _, _, action, arguments = heapq.heappop(self._events)
            action(*arguments)

    def socket(self, family: int = socket.AF_INET, proto: int = 0) -> SimulatedSocket:
        """Return a new socket."""
        return SimulatedSocket(self, family, proto)

    def find(self, fd: int) -> SimulatedSocket | None:
        """Return the open socket with a number."""
        return self._sockets.get(fd)

    # For sockets.

    def open_fd(self, opened: SimulatedSocket) -> int:
        """Give a socket a number that no file of the operating system has."""
        fd = next(self._fds)
        self._sockets[fd] = opened
        return fd

    def close_fd(self, fd: int) -> None:
        """Take a socket's number back; none is given twice."""
        del self._sockets[fd]

    def bind(self, address: Address) -> Address:
        """Return the address that a socket gets."""
        host, port, *rest = address
        host = self.names.resolve(host or ANYWHERE)
        if port and (host, port) in self._listeners:
            raise os_error(errno.EADDRINUSE)
        return (host, port or next(self._ports), *rest)

    def listen(self, listener: SimulatedSocket) -> None:
        """Let a socket be found at its address."""
        host, port, *_ = listener.getsockname()
        if (host, port) in self._listeners:
            raise os_error(errno.EADDRINUSE)
        self._listeners[host, port] = listener

    def unlisten(self, listener: SimulatedSocket) -> None:
        """Let it not be found any more."""
        for where in [at for at, found in self._listeners.items() if found is listener]:
            del self._listeners[where]

    def connect(self, client: SimulatedSocket, address: Address) -> None:
        """Send a client's wish to connect on its way."""
        host, port, *rest = address
        host = self.names.resolve(host or None)
        own = client.getsockname()
        if own[1] == 0:
            own = (source_address(host), next(self._ports), *rest)
        client.place(own, (host, port, *rest))
        link = self.link(host, port)
        link.attempts += 1
        now_ns = self.clock.now_ns
        if link.answer() == "ignore":
            link.unanswered += 1
            due_ns = now_ns + _CONNECT_TIMEOUT_S * NS
            self.schedule(due_ns, client.connect_failed, errno.ETIMEDOUT)
        else:
            self.schedule(now_ns + link.latency_ns, self._knock, client, link)

    def observe(
        self,
        connection: SimulatedConnection,
        direction: Direction,
        kind: SegmentKind,
        data: bytes = b"",
    ) -> None:
        """Report what arrived."""
        if self.observer is not None:
            link = connection.link
            at_s, number = self.clock.elapsed_s, connection.number
            self.observer(
                NetworkEvent(at_s, link.host, link.port, number, direction, kind.value, data)
            )

    def _listener(self, host: str, port: int) -> SimulatedSocket | None:
        return self._listeners.get((host, port)) or self._listeners.get(
            ("::" if ":" in host else ANYWHERE, port)
        )

    def _knock(self, client: SimulatedSocket, link: NetworkLink) -> None:
        """A wish to connect has arrived."""
        if client.is_closed:
            return
        answered_ns = self.clock.now_ns + link.latency_ns
        listener = self._listener(link.host, link.port)
        if listener is None or link.answer() != "accept":
            link.refused += 1
            self.schedule(answered_ns, client.connect_failed, errno.ECONNREFUSED)
            return
        link.accepted += 1
        server = self.socket(listener.family, listener.proto)
        server.process = listener.process
        server.place(client.peer_address, client.getsockname())
        link.opened(SimulatedConnection(self, link, client, server))
        listener.enqueue(server)
        self.schedule(answered_ns, client.connected)


def _nobody_selects(fd: int) -> None:
    """Ignore a change: no loop is there."""
