"""bandwidth: the network is narrow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault


@fault
@dataclass(frozen=True)
class Bandwidth(ToxicFault):
    """Answers arrive at `kilobytes_per_s` (of 1000 bytes) on each connection."""

    toxic: ClassVar[str] = "bandwidth"

    kilobytes_per_s: int

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units."""
        return {"rate": self.kilobytes_per_s}


bandwidth = Bandwidth
