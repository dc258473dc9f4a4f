"""reset_midway: answers end in the middle, with a reset."""

from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.catalogue.base import FaultSpec, fault, remove, toxic_name
from seatrial.faults.client import Proxy
from seatrial.faults.errors import BadRequestError


@fault
@dataclass(frozen=True)
class ResetMidway(FaultSpec):
    """Every connection is reset after `after_bytes` bytes of answers.

    A connection that was open before ends without a reset, on the real server.
    """

    adds_up: ClassVar[bool] = True

    after_bytes: int

    def apply(self, proxy: Proxy, term: str = "") -> None:
        """Add the toxics; the real server has none of this kind, and is brought to it by two."""
        limit, linger = _names(self.name, term)
        try:
            proxy.add_toxic("reset_after", name=limit, bytes=self.after_bytes)
        except BadRequestError:
            # A `reset_peer` makes every end of a connection a reset, also where it never works.
            proxy.add_toxic("reset_peer", toxicity=0, name=linger, timeout=0)
            proxy.add_toxic("limit_data", name=limit, bytes=self.after_bytes)

    def revert(self, proxy: Proxy, term: str = "") -> None:
        """Remove them."""
        for name in _names(self.name, term):
            remove(proxy, name)


def _names(kind: str, term: str) -> tuple[str, str]:
    name = toxic_name(kind, term)
    return name, f"{name}_linger"


reset_midway = ResetMidway
