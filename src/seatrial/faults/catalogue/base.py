"""Faults: values that can be applied to something and reverted again."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from typing import ClassVar, Protocol, TypeVar

from seatrial.errors import UsageError
from seatrial.faults.client import Proxy, Stream
from seatrial.faults.errors import ProxyNotFoundError, ToxicNotFoundError
from seatrial.registry import Registry


@dataclass(frozen=True)
class Described:
    """The common part of all faults: a name, and a docstring that explains it."""

    name: ClassVar[str]
    place: ClassVar[str]
    """The place where it works: "network" or "process"."""

    @classmethod
    def explanation(cls) -> str:
        """Return the fault in one sentence, for a list of faults."""
        return (cls.__doc__ or "").strip().splitlines()[0]

    def _refuse(self, problem: str) -> None:
        raise UsageError(f"the fault {self.name}: {problem}")

    def __post_init__(self) -> None:
        """Refuse what no fault can be: all its numbers are 0 or more."""
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int | float) and not 0 <= value < 10**12:
                self._refuse(f"{one.name} must be 0 or more, not {value}")


@dataclass(frozen=True)
class FaultSpec(Described):
    """A fault of the network, on all of a proxy's connections.

    A proxy can have several at once, also equal ones: `term` distinguishes them.
    """

    place: ClassVar[str] = "network"
    adds_up: ClassVar[bool] = False
    """True if two equal ones do more than one."""

    def apply(self, proxy: Proxy, term: str = "") -> None:
        """Begin.

        Args:
            proxy: what it works on.
            term: unlike that of every other fault that the proxy has; part of a toxic's name.
        """
        raise NotImplementedError

    def revert(self, proxy: Proxy, term: str = "") -> None:
        """End what began under this term; nothing happens when it didn't begin."""
        raise NotImplementedError

    @contextmanager
    def on(self, proxy: Proxy, term: str = "") -> Iterator[None]:
        """Apply it to a proxy for the time of a block, and revert it whatever happens."""
        try:
            self.apply(proxy, term)
            yield
        finally:
            self.revert(proxy, term)


@dataclass(frozen=True)
class ToxicFault(FaultSpec):
    """A fault that is one toxic."""

    adds_up: ClassVar[bool] = True
    toxic: ClassVar[str]
    """Its type."""
    stream: ClassVar[Stream] = "downstream"

    share: float = field(default=1.0, kw_only=True)
    """Of the connections, drawn for each: 0.5 hits every other one on average."""

    def __post_init__(self) -> None:
        """Refuse a share that is none."""
        super().__post_init__()
        if self.share > 1:
            self._refuse(f"share must be from 0 to 1, not {self.share}")

    @property
    def attributes(self) -> Mapping[str, int]:
        """The toxic's attributes, in its own units."""
        raise NotImplementedError

    def apply(self, proxy: Proxy, term: str = "") -> None:
        """Add the toxic."""
        name = toxic_name(self.name, term)
        proxy.add_toxic(self.toxic, self.stream, self.share, name=name, **self.attributes)

    def revert(self, proxy: Proxy, term: str = "") -> None:
        """Remove the toxic."""
        remove(proxy, toxic_name(self.name, term))


def toxic_name(kind: str, term: str) -> str:
    """Return the name of a fault's toxic."""
    return f"fault_{kind}_{term}" if term else f"fault_{kind}"


def remove(proxy: Proxy, toxic: str) -> None:
    """Remove a toxic; nothing happens when it isn't there, or the proxy is gone."""
    with suppress(ToxicNotFoundError, ProxyNotFoundError):
        proxy.remove_toxic(toxic)


class Target(Protocol):
    """A service's process, as a fault sees it."""

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""

    def restart(self) -> None:
        """Start it again where it was; nothing happens while it runs."""

    def pause(self) -> None:
        """Freeze it with SIGSTOP; its sockets stay open."""

    def resume(self) -> None:
        """Go on after `pause`."""


@dataclass(frozen=True)
class ProcessFault(Described):
    """A fault of a service's own process."""

    place: ClassVar[str] = "process"

    def apply(self, target: Target) -> None:
        """Begin."""
        raise NotImplementedError

    def revert(self, target: Target) -> None:
        """End; nothing happens when it didn't begin."""
        raise NotImplementedError


F = TypeVar("F", bound=Described)
_FAULTS: Registry[type[Described]] = Registry("fault")


def fault(cls: type[F]) -> type[F]:
    """Register a fault; its name is its class's, BlackHole's is "black_hole"."""
    cls.name = re.sub(r"(?<=.)(?=[A-Z])", "_", cls.__name__).lower()
    _FAULTS.register(cls.name, cls)
    return cls


def faults() -> Mapping[str, type[Described]]:
    """Return all faults by name, sorted; those of plugins too."""
    return _FAULTS
