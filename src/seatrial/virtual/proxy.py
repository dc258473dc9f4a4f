"""A link of the simulated network as the catalogue's faults see it: a Toxiproxy proxy."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from seatrial.faults import (
    BadRequestError,
    Proxy,
    Stream,
    ToxicExistsError,
    ToxicNotFoundError,
    ToxicState,
)
from seatrial.simulation import (
    LinkBandwidth,
    LinkBlackHole,
    LinkDown,
    LinkFault,
    LinkLatency,
    LinkReset,
    LinkResetAfter,
    LinkSlices,
    LinkSlowClose,
    LinkTruncation,
    NetworkLink,
)
from seatrial.simulation.pipes import Direction, Segment, SimulatedConnection, SimulatedPipe

_KILOBYTE = 1000
_MS, _US = 1e-3, 1e-6


def _timeout(stream: Stream, given: Mapping[str, float]) -> LinkFault:
    if given.get("timeout"):
        raise BadRequestError(
            "virtual time has no toxic timeout with a time; use reset(after_s)", 400
        )
    return LinkBlackHole(direction=stream)


_TOXICS: Mapping[str, Callable[[Stream, Mapping[str, float]], LinkFault]] = {
    "latency": lambda stream, given: LinkLatency(
        delay_s=given.get("latency", 0) * _MS,
        jitter_s=given.get("jitter", 0) * _MS,
        direction=stream,
    ),
    "bandwidth": lambda stream, given: LinkBandwidth(
        bytes_per_s=round(given.get("rate", 0) * _KILOBYTE), direction=stream
    ),
    "slow_close": lambda stream, given: LinkSlowClose(
        delay_s=given.get("delay", 0) * _MS, direction=stream
    ),
    "timeout": _timeout,
    "reset_peer": lambda stream, given: LinkReset(
        after_s=given.get("timeout", 0) * _MS, direction=stream
    ),
    "limit_data": lambda stream, given: LinkTruncation(
        after_bytes=round(given.get("bytes", 0)), direction=stream
    ),
    "reset_after": lambda stream, given: LinkResetAfter(
        after_bytes=round(given.get("bytes", 0)), direction=stream
    ),
    "slicer": lambda stream, given: LinkSlices(
        size=max(1, round(given.get("average_size", 1))),
        variation=round(given.get("size_variation", 0)),
        pause_s=given.get("delay", 0) * _US,
        direction=stream,
    ),
}


@dataclass(frozen=True, eq=False)
class _OfSome(LinkFault):
    """A fault of a share of the connections, drawn for each."""

    fault: LinkFault = field(default_factory=LinkFault, kw_only=True)
    share: float = field(default=1.0, kw_only=True)
    drawn: dict[SimulatedConnection, bool] = field(default_factory=dict, kw_only=True)

    def hits(self, connection: SimulatedConnection) -> bool:
        """Return whether a connection is one of those, the same each time."""
        if connection not in self.drawn:
            self.drawn[connection] = connection.link.rng.random() < self.share
        return self.drawn[connection]

    def shapes(self, direction: Direction) -> bool:
        """Return whether the fault shapes a direction."""
        return self.fault.shapes(direction)

    def shape(self, pipe: SimulatedPipe, segments: list[Segment]) -> list[Segment]:
        """Shape what is sent on those."""
        return self.fault.shape(pipe, segments) if self.hits(pipe.connection) else segments

    def added(self, connection: SimulatedConnection) -> None:
        """Act on those that are open."""
        if self.hits(connection):
            self.fault.added(connection)

    def removed(self, connection: SimulatedConnection) -> None:
        """Act on those that are open still."""
        if self.hits(connection):
            self.fault.removed(connection)


class LinkProxy(Proxy):
    """A link that has toxics and can be disabled; faults of the network take it for a proxy."""

    def __init__(self, name: str, link: NetworkLink, host: str) -> None:
        """Take the link, and the host by which clients reach it."""
        self.name = name
        self.listen = self.upstream = f"{host}:{link.port}"
        self._link = link
        self._down = LinkDown()
        self._toxics: dict[str, tuple[ToxicState, LinkFault]] = {}

    @property
    def address(self) -> str:
        """The host:port at which it is reached."""
        return self.listen

    @property
    def enabled(self) -> bool:
        """True if it takes connections."""
        return self._down not in self._link.faults

    def enable(self) -> None:
        """Take connections again."""
        if not self.enabled:
            self._link.remove(self._down)

    def disable(self) -> None:
        """Close all connections and refuse new ones."""
        if self.enabled:
            self._link.add(self._down)

    def update(self, *, upstream: str | None = None, listen: str | None = None) -> None:
        """Refuse: a link leads where it leads."""
        raise BadRequestError("a link in virtual time can't be moved", 400)

    def delete(self) -> None:
        """Remove all faults."""
        for name in tuple(self._toxics):
            self.remove_toxic(name)
        self.enable()

    def add_toxic(
        self,
        type: str,  # noqa: A002 - the API's own word
        stream: Stream = "downstream",
        toxicity: float = 1.0,
        name: str | None = None,
        **attributes: float,
    ) -> ToxicState:
        """Put what a toxic does on the link; see `Proxy.add_toxic`."""
        name = name or f"{type}_{stream}"
        if name in self._toxics:
            raise ToxicExistsError(f"the link {self.name} has a toxic {name} already", 409)
        if type not in _TOXICS:
            known = ", ".join(_TOXICS)
            raise BadRequestError(f"virtual time has no toxic {type!r}; it has {known}", 400)
        fault = _TOXICS[type](stream, attributes)
        if toxicity < 1:
            fault = _OfSome(fault=fault, share=toxicity, direction=stream)
        toxic = ToxicState(name, type, stream, toxicity, attributes)
        self._toxics[name] = toxic, fault
        self._link.add(fault)
        return toxic

    def update_toxic(
        self, name: str, *, toxicity: float | None = None, **attributes: float
    ) -> ToxicState:
        """Put a changed one in its place."""
        old = self._find(name)[0]
        self.remove_toxic(name)
        return self.add_toxic(
            old.type,
            "upstream" if old.stream == "upstream" else "downstream",
            old.toxicity if toxicity is None else toxicity,
            name,
            **{**old.attributes, **attributes},
        )

    def remove_toxic(self, name: str) -> None:
        """Take a toxic off the link."""
        self._link.remove(self._find(name)[1])
        del self._toxics[name]

    def toxics(self) -> tuple[ToxicState, ...]:
        """Return all toxics, those of the stream "upstream" first."""
        found = [toxic for toxic, _ in self._toxics.values()]
        return tuple(sorted(found, key=lambda toxic: toxic.stream != "upstream"))

    def _find(self, name: str) -> tuple[ToxicState, LinkFault]:
        if name not in self._toxics:
            raise ToxicNotFoundError(f"the link {self.name} has no toxic {name}", 404)
        return self._toxics[name]
