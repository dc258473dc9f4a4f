"""slow_close: connections linger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault


@fault
@dataclass(frozen=True)
class SlowClose(ToxicFault):
    """A connection that the provider closed stays open for `delay_s` seconds."""

    toxic: ClassVar[str] = "slow_close"

    delay_s: float

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units."""
        return {"delay": round(self.delay_s * 1000)}


slow_close = SlowClose
