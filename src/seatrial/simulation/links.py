"""A link: the way to one listening address, with its faults and its counts."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from seatrial.simulation.clock import NS
from seatrial.simulation.errors import SimulationError
from seatrial.simulation.faults import Answer, LinkFault
from seatrial.simulation.pipes import Direction, SimulatedConnection

BUFFER_BYTES = 256 * 1024


class NetworkLink:
    """The way to a host and port, for all who connect to it.

    Attributes:
        host: The address.
        port: The port.
        latency_s: What each segment takes, in both directions; it may be changed.
        buffer_bytes: What a new connection holds in each direction before its sender must wait.
        attempts: Connections that were tried.
        accepted: Those that were made.
        refused: Those that were refused.
        unanswered: Those that nobody answered.
    """

    def __init__(self, host: str, port: int, *, latency_s: float, rng: random.Random) -> None:
        self.host, self.port = host, port
        self.latency_s = latency_s
        self.buffer_bytes = BUFFER_BYTES
        self.rng = rng
        self.attempts = self.accepted = self.refused = self.unanswered = 0
        self._faults: list[LinkFault] = []
        self._connections: dict[SimulatedConnection, None] = {}

    def __repr__(self) -> str:
        return f"<Link to {self.host}:{self.port}, faults={self._faults}>"

    @property
    def latency_ns(self) -> int:
        """The latency in nanoseconds."""
        return round(self.latency_s * NS)

    @property
    def faults(self) -> tuple[LinkFault, ...]:
        """The faults that are on it, in the order in which they came."""
        return tuple(self._faults)

    @property
    def connections(self) -> tuple[SimulatedConnection, ...]:
        """The connections that are open."""
        return tuple(self._connections)

    def add(self, fault: LinkFault) -> None:
        """Put a fault on the link; it works with those that are there."""
        self._faults.append(fault)
        for connection in self.connections:
            fault.added(connection)

    def remove(self, fault: LinkFault) -> None:
        """Take a fault off the link again.

        Raises:
            SimulationError: it isn't on the link.
        """
        if fault not in self._faults:
            raise SimulationError(f"{fault} isn't on the link to {self.host}:{self.port}")
        placed = self._faults.pop(self._faults.index(fault))
        for connection in self.connections:
            placed.removed(connection)
            for pipe in (connection.upstream, connection.downstream):
                pipe.memory.pop(id(placed), None)

    @contextmanager
    def fault(self, fault: LinkFault) -> Iterator[None]:
        """Put a fault on the link for the time of a block."""
        self.add(fault)
        try:
            yield
        finally:
            self.remove(fault)

    def close_connections(self) -> None:
        """Close all open connections in order."""
        for connection in self.connections:
            connection.close()

    def reset_connections(self) -> None:
        """Reset all open connections."""
        for connection in self.connections:
            connection.reset()

    def lose_connections(self) -> None:
        """Let all open connections fall silent for ever; neither end is notified."""
        for connection in self.connections:
            connection.lose()

    def faults_of(self, direction: Direction) -> list[LinkFault]:
        """Return the faults that shape a direction."""
        return [fault for fault in self._faults if fault.shapes(direction)]

    def answer(self) -> Answer:
        """Return how the faults let new connections be answered."""
        answers = {fault.on_connect for fault in self._faults}
        return "ignore" if "ignore" in answers else "refuse" if "refuse" in answers else "accept"

    def opened(self, connection: SimulatedConnection) -> None:
        """Keep a connection among the open ones."""
        self._connections[connection] = None

    def forget(self, connection: SimulatedConnection) -> None:
        """Take a connection from the open ones."""
        self._connections.pop(connection, None)
