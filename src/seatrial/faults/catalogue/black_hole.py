"""black_hole: the provider is reached, and never heard of again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault


@fault
@dataclass(frozen=True)
class BlackHole(ToxicFault):
    """Connections are made, and nothing ever comes back; lifting it closes them."""

    toxic: ClassVar[str] = "timeout"

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units."""
        return {"timeout": 0}


black_hole = BlackHole
