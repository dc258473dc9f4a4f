"""The faults of a link, each a value; they may be put on it and taken off while it is in use."""

from dataclasses import dataclass, field
from typing import Literal

from seatrial.simulation.clock import NS
from seatrial.simulation.pipes import (
    Direction,
    Segment,
    SegmentKind,
    SimulatedConnection,
    SimulatedPipe,
)

Answer = Literal["accept", "refuse", "ignore"]
"""A host's answer to somebody who wants to connect."""


@dataclass(frozen=True)
class LinkFault:
    """The base of all: a fault that changes nothing."""

    direction: Direction = field(default="downstream", kw_only=True)
    """The direction whose bytes are shaped."""

    @property
    def on_connect(self) -> Answer:
        """The answer to new connections."""
        return "accept"

    def shapes(self, direction: Direction) -> bool:
        """Return whether a direction's bytes pass through this fault."""
        return direction == self.direction

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Return what becomes of segments that were sent."""
        return segments

    def added(self, connection: SimulatedConnection) -> None:
        """Act on a connection that is open when the fault comes."""

    def removed(self, connection: SimulatedConnection) -> None:
        """Act on a connection that is open when the fault goes."""

    def memory(self, pipe: SimulatedPipe) -> dict[str, int]:
        """Return what this fault remembers of a pipe."""
        return pipe.memory.setdefault(id(self), {})


@dataclass(frozen=True)
class LinkRefused(LinkFault):
    """New connections are refused; open ones stay."""

    @property
    def on_connect(self) -> Answer:
        """Refuse."""
        return "refuse"


@dataclass(frozen=True)
class LinkDown(LinkRefused):
    """Nobody is there: open connections are closed, new ones are refused."""

    def added(self, connection: SimulatedConnection) -> None:
        """Close it."""
        connection.close()


@dataclass(frozen=True)
class LinkUnreachable(LinkFault):
    """No packet arrives in either direction: connecting hangs, open connections fall silent."""

    @property
    def on_connect(self) -> Answer:
        """Let the attempt hang, until the client's kernel gives up."""
        return "ignore"

    def added(self, connection: SimulatedConnection) -> None:
        """Let nothing arrive on it again."""
        connection.lose()


@dataclass(frozen=True)
class LinkLatency(LinkFault):
    """Everything takes `delay_s` seconds longer, give or take `jitter_s`; the order is kept."""

    delay_s: float = 0.0
    jitter_s: float = 0.0

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Delay each."""
        for segment in segments:
            delay_s = self.delay_s
            if self.jitter_s:
                delay_s += pipe.connection.link.rng.uniform(-self.jitter_s, self.jitter_s)
            segment.ready_ns += round(max(0.0, delay_s) * NS)
        return segments


_PORTIONS_PER_S = 20


@dataclass(frozen=True)
class LinkBandwidth(LinkFault):
    """At most `bytes_per_s` pass on each connection; with 0 none do."""

    bytes_per_s: int = 0

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Cut into portions, and send each when those before it have passed."""
        if self.bytes_per_s == 0:
            return [s for s in segments if s.kind is not SegmentKind.DATA]
        memory = self.memory(pipe)
        size = max(1, self.bytes_per_s // _PORTIONS_PER_S)
        paced: list[Segment] = []
        for segment in segments:
            free_ns = max(memory.get("free_ns", 0), segment.ready_ns)
            for start in range(0, max(1, len(segment.data)), size):
                data = segment.data[start : start + size]
                free_ns += len(data) * NS // self.bytes_per_s
                paced.append(Segment(segment.kind, data, free_ns))
            memory["free_ns"] = free_ns
        return paced


@dataclass(frozen=True)
class LinkSlices(LinkFault):
    """Bytes arrive in pieces of `size` ± `variation`, `pause_s` seconds apart."""

    size: int = 1
    variation: int = 0
    pause_s: float = 0.0

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Cut each."""
        memory = self.memory(pipe)
        rng = pipe.connection.link.rng
        pieces: list[Segment] = []
        for segment in segments:
            due_ns = max(memory.get("due_ns", 0), segment.ready_ns)
            rest = segment.data
            while rest:
                size = max(1, self.size + rng.randint(-self.variation, self.variation))
                pieces.append(Segment(segment.kind, rest[:size], due_ns))
                rest = rest[size:]
                due_ns += round(self.pause_s * NS)
            if not segment.data:
                pieces.append(Segment(segment.kind, b"", due_ns))
            memory["due_ns"] = due_ns
        return pieces


@dataclass(frozen=True)
class LinkSlowClose(LinkFault):
    """The end of a stream arrives `delay_s` seconds late."""

    delay_s: float = 0.0

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Delay the end alone."""
        for segment in segments:
            if segment.kind is SegmentKind.END:
                segment.ready_ns += round(self.delay_s * NS)
        return segments


@dataclass(frozen=True)
class _Swallowing(LinkFault):
    """The base of faults that lose bytes: a stream with a hole can't go on afterwards."""

    def swallow(self, pipe: SimulatedPipe) -> None:
        """Note that something got lost."""
        self.memory(pipe)["swallowed"] = 1

    def has_swallowed(self, connection: SimulatedConnection) -> bool:
        """Return whether a connection has a hole."""
        return any(
            "swallowed" in pipe.memory.get(id(self), {})
            for pipe in (connection.upstream, connection.downstream)
        )


@dataclass(frozen=True)
class LinkBlackHole(_Swallowing):
    """Connections are made, and nothing comes through; removing it closes those that lost bytes."""

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Swallow everything."""
        self.swallow(pipe)
        return []

    def removed(self, connection: SimulatedConnection) -> None:
        """Close what has a hole."""
        if self.has_swallowed(connection):
            connection.close()


@dataclass(frozen=True)
class LinkReset(_Swallowing):
    """A connection is reset `after_s` seconds after the first byte, and none arrives."""

    direction: Direction = field(default="upstream", kw_only=True)
    after_s: float = 0.0

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Swallow everything, and light the fuse at the first."""
        network = pipe.connection.network
        if "swallowed" not in self.memory(pipe):
            self.swallow(pipe)
            at_ns = network.clock.now_ns + round(self.after_s * NS)
            network.schedule(at_ns, pipe.connection.reset)
        return []

    def removed(self, connection: SimulatedConnection) -> None:
        """Reset at once what has a hole."""
        if self.has_swallowed(connection):
            connection.reset()


@dataclass(frozen=True)
class LinkTruncation(LinkFault):
    """A connection closes in order after `after_bytes` bytes in the direction."""

    after_bytes: int = 0

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Let pass what may, and end the connection at the limit."""
        memory = self.memory(pipe)
        passed: list[Segment] = []
        for segment in segments:
            if "over" in memory:
                break
            left = self.after_bytes - memory.get("bytes", 0)
            if segment.kind is SegmentKind.DATA and len(segment.data) >= left:
                segment = Segment(segment.kind, segment.data[:left], segment.ready_ns)
                memory["over"] = 1
            memory["bytes"] = memory.get("bytes", 0) + len(segment.data)
            if segment.data or segment.kind is not SegmentKind.DATA:
                passed.append(segment)
            if "over" in memory:
                pipe.connection.network.schedule(segment.ready_ns, self.over, pipe.connection)
        return passed

    def over(self, connection: SimulatedConnection) -> None:
        """The limit is reached."""
        connection.close()


@dataclass(frozen=True)
class LinkResetAfter(LinkTruncation):
    """A connection is reset after `after_bytes` bytes in the direction."""

    def over(self, connection: SimulatedConnection) -> None:
        """Reset instead of closing."""
        connection.reset()
