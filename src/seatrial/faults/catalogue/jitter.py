"""jitter: the network is unsteady."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault


@fault
@dataclass(frozen=True)
class Jitter(ToxicFault):
    """Each piece of an answer arrives 0 to `up_to_s` seconds later, drawn for each; order stays."""

    toxic: ClassVar[str] = "latency"

    up_to_s: float

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units: half of it, give or take as much."""
        half_ms = round(self.up_to_s * 500)
        return {"latency": half_ms, "jitter": half_ms}


jitter = Jitter
