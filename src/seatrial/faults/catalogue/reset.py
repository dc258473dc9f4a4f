"""reset: connections die as soon as they are used."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import ToxicFault, fault
from seatrial.faults.client import Stream


@fault
@dataclass(frozen=True)
class Reset(ToxicFault):
    """Every connection is reset `after_s` seconds after its request, and no answer arrives.

    A connection that was open before may end without a reset, on the real server.
    """

    toxic: ClassVar[str] = "reset_peer"
    stream: ClassVar[Stream] = "upstream"

    after_s: float = 0.0

    @property
    def attributes(self) -> Mapping[str, int]:
        """In the toxic's units."""
        return {"timeout": round(self.after_s * 1000)}


reset = Reset
