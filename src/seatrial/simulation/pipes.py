"""A connection of the simulated network: two ordered queues of bytes."""

from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from seatrial.simulation.links import NetworkLink
    from seatrial.simulation.network import Network
    from seatrial.simulation.sockets import SimulatedSocket

Direction = Literal["upstream", "downstream"]
"""Upstream is from the client to the server, as in Toxiproxy."""


class SegmentKind(Enum):
    """The things that travel on a pipe."""

    DATA = "data"
    END = "end"
    RESET = "reset"


@dataclass(slots=True)
class Segment:
    """One piece of what travels, and the time from which it may travel on."""

    kind: SegmentKind
    data: bytes
    ready_ns: int


class SimulatedPipe:
    """One direction of a connection.

    What was sent arrives in order, whatever delays it: a queue for each pipe, not a timer
    for each piece. It holds `capacity` bytes, sent and not yet read, as the buffers of
    two kernels do; a sender that has filled it can't send.
    """

    def __init__(
        self, connection: "SimulatedConnection", direction: Direction, sender: "SimulatedSocket"
    ) -> None:
        self.connection = connection
        self.direction: Direction = direction
        self.sender = sender
        self.receiver: SimulatedSocket
        self.capacity = connection.link.buffer_bytes
        self.memory: dict[int, dict[str, int]] = {}
        """A fault's memory of this pipe, by the fault's id."""
        self.unread_bytes = 0
        self.finished = False
        """Its end was sent."""
        self.ended = False
        """Its end has arrived."""
        self.receiver_gone = False
        self._in_flight_bytes = 0
        self._arrived: deque[bytes] = deque()
        self._last_ns = 0

    @property
    def free_bytes(self) -> int:
        """The number of bytes that may be sent now."""
        return max(0, self.capacity - self._in_flight_bytes - self.unread_bytes)

    def send(self, kind: SegmentKind, data: bytes = b"") -> None:
        """Send bytes, the end, or a reset, through the link's faults."""
        connection = self.connection
        if connection.closed_midway:
            if kind is SegmentKind.DATA:
                connection.opposite(self).launch(Segment(SegmentKind.RESET, b"", connection.now_ns))
            return
        segments = [Segment(kind, data, connection.now_ns)]
        for fault in connection.link.faults_of(self.direction):
            segments = fault.shape(self, segments)
        for segment in segments:
            self.launch(segment)

    def launch(self, segment: Segment) -> None:
        """Put a segment on its way; it arrives after all that went before."""
        latency_ns = self.connection.link.latency_ns
        self._last_ns = max(self._last_ns, segment.ready_ns + latency_ns)
        self._in_flight_bytes += len(segment.data)
        self.connection.network.schedule(self._last_ns, self._arrive, segment)

    def read(self, size: int) -> bytes:
        """Take up to `size` bytes of what has arrived."""
        parts: list[bytes] = []
        while self._arrived and size > 0:
            part = self._arrived.popleft()
            if len(part) > size:
                self._arrived.appendleft(part[size:])
                part = part[:size]
            parts.append(part)
            size -= len(part)
        data = parts[0] if len(parts) == 1 else b"".join(parts)
        self.unread_bytes -= len(data)
        self.sender.touch()  # there is room again
        return data

    def close_receiver(self) -> None:
        """Nobody will read any more: what arrives from now on is answered with a reset."""
        self.receiver_gone = True
        self._arrived.clear()
        self.unread_bytes = 0

    def _arrive(self, segment: Segment) -> None:
        connection = self.connection
        if connection.lost:  # what was sent is never acknowledged, so its sender's buffer fills
            return
        self._in_flight_bytes -= len(segment.data)
        connection.network.observe(connection, self.direction, segment.kind, segment.data)
        if segment.kind is SegmentKind.RESET:
            connection.link.forget(connection)
            self.receiver.was_reset()
        elif segment.kind is SegmentKind.END:
            self.ended = True
            self.receiver.touch()
        elif self.receiver_gone:
            if not self.receiver.is_reset:
                connection.opposite(self).send(SegmentKind.RESET)
        else:
            self._arrived.append(segment.data)
            self.unread_bytes += len(segment.data)
            self.receiver.touch()


class SimulatedConnection:
    """A connection over a link, from a client's socket to a server's."""

    def __init__(
        self,
        network: "Network",
        link: "NetworkLink",
        client: "SimulatedSocket",
        server: "SimulatedSocket",
    ) -> None:
        self.network = network
        self.link = link
        self.number = link.accepted
        """Its number on its link, from 1."""
        self.client, self.server = client, server
        self.closed_midway = False
        """Something between its ends has closed it."""
        self.lost = False
        """Nothing arrives on it any more, and nobody is notified."""
        self.upstream = SimulatedPipe(self, "upstream", client)
        self.downstream = SimulatedPipe(self, "downstream", server)
        self.upstream.receiver, self.downstream.receiver = server, client
        client.attach(self, incoming=self.downstream, outgoing=self.upstream)
        server.attach(self, incoming=self.upstream, outgoing=self.downstream)

    @property
    def now_ns(self) -> int:
        """The time."""
        return self.network.clock.now_ns

    def opposite(self, pipe: SimulatedPipe) -> SimulatedPipe:
        """Return the pipe of the other direction."""
        return self.downstream if pipe is self.upstream else self.upstream

    def close(self) -> None:
        """End both directions in order, as a proxy between the two does that closes.

        What an end sends from now on is answered with a reset.
        """
        if not self.closed_midway:
            self.closed_midway = True
            for pipe in (self.upstream, self.downstream):
                if not pipe.finished:
                    pipe.launch(Segment(SegmentKind.END, b"", self.now_ns))

    def reset(self) -> None:
        """Send a reset to both ends, after what is on its way to them."""
        self.closed_midway = True
        for pipe in (self.upstream, self.downstream):
            pipe.launch(Segment(SegmentKind.RESET, b"", self.now_ns))

    def lose(self) -> None:
        """Let nothing arrive any more, as when a host vanishes or a firewall forgets."""
        self.lost = True
        self.link.forget(self)

    def end_closed(self) -> None:
        """One of its ends has closed."""
        if self.client.is_closed and self.server.is_closed:
            self.link.forget(self)
