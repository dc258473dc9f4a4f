"""slices: answers arrive in small pieces."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault


@fault
@dataclass(frozen=True)
class Slices(ToxicFault):
    """Answers arrive in pieces of `size` ± `variation` bytes, `pause_s` seconds apart."""

    toxic: ClassVar[str] = "slicer"

    size: int
    variation: int = 0
    pause_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse sizes that can't be kept: the real server dies of most of them."""
        super().__post_init__()
        if not self.variation < self.size:
            self._refuse(f"variation must be less than size ({self.size}), not {self.variation}")

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units."""
        return {
            "average_size": self.size,
            "size_variation": self.variation,
            "delay": round(self.pause_s * 1_000_000),
        }


slices = Slices
