"""truncated: answers end in the middle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault


@fault
@dataclass(frozen=True)
class Truncated(ToxicFault):
    """Every connection closes after `after_bytes` bytes of answers."""

    toxic: ClassVar[str] = "limit_data"

    after_bytes: int

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units."""
        return {"bytes": self.after_bytes}


truncated = Truncated
