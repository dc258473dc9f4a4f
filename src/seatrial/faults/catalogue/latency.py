"""latency: the network is slow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault


@fault
@dataclass(frozen=True)
class Latency(ToxicFault):
    """Every answer arrives `delay_s` later, give or take `jitter_s` (seconds)."""

    toxic: ClassVar[str] = "latency"

    delay_s: float
    jitter_s: float = 0.0

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units."""
        return {"latency": round(self.delay_s * 1000), "jitter": round(self.jitter_s * 1000)}


latency = Latency
