"""What a fault is: a value that can be applied to a proxy and lifted again."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from seatrial.faults.client import Proxy, Stream
from seatrial.faults.errors import ProxyNotFoundError, ToxicNotFoundError


@dataclass(frozen=True)
class FaultSpec:
    """A fault of the network, on all of a proxy's connections; its docstring explains it."""

    name: ClassVar[str]

    def apply(self, proxy: Proxy) -> None:
        """Begin."""
        raise NotImplementedError

    def lift(self, proxy: Proxy) -> None:
        """End; nothing happens when it didn't begin."""
        raise NotImplementedError

    @contextmanager
    def on(self, proxy: Proxy) -> Iterator[None]:
        """Apply it to a proxy for the time of a block, and lift it whatever happens."""
        self.apply(proxy)
        try:
            yield
        finally:
            self.lift(proxy)


@dataclass(frozen=True)
class ToxicFault(FaultSpec):
    """A fault that is one toxic."""

    toxic: ClassVar[str]
    """Its type."""
    stream: ClassVar[Stream] = "downstream"

    @property
    def attributes(self) -> Mapping[str, int]:
        """The toxic's attributes, in its own units."""
        raise NotImplementedError

    @property
    def toxic_name(self) -> str:
        """The toxic's name: one of each kind of fault on a proxy."""
        return f"fault_{self.name}"

    def apply(self, proxy: Proxy) -> None:
        """Add the toxic; what an earlier, equal fault left is replaced."""
        self.lift(proxy)
        proxy.add_toxic(self.toxic, self.stream, name=self.toxic_name, **self.attributes)

    def lift(self, proxy: Proxy) -> None:
        """Remove the toxic."""
        with suppress(ToxicNotFoundError, ProxyNotFoundError):
            proxy.remove_toxic(self.toxic_name)


F = TypeVar("F", bound=FaultSpec)
_FAULTS: dict[str, type[FaultSpec]] = {}


def fault(cls: type[F]) -> type[F]:
    """Register a fault; its name is its class's, BlackHole's is "black_hole"."""
    cls.name = re.sub(r"(?<=.)(?=[A-Z])", "_", cls.__name__).lower()
    _FAULTS[cls.name] = cls
    return cls


def faults() -> dict[str, type[FaultSpec]]:
    """All faults by name, sorted."""
    return dict(sorted(_FAULTS.items()))
