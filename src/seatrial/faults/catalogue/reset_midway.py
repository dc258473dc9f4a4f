"""reset_midway: answers end in the middle, with a reset."""

from contextlib import suppress
from dataclasses import dataclass

from seatrial.faults.catalogue.base import FaultSpec, fault
from seatrial.faults.client import Proxy
from seatrial.faults.errors import BadRequestError, ProxyNotFoundError, ToxicNotFoundError

_LIMIT = "fault_reset_midway"
_LINGER = "fault_reset_midway_linger"


@fault
@dataclass(frozen=True)
class ResetMidway(FaultSpec):
    """Every connection is reset after `after_bytes` bytes of answers.

    A connection that was open before ends without a reset, on the real server.
    """

    after_bytes: int

    def apply(self, proxy: Proxy) -> None:
        """Add the toxics; the real server has none of this kind, and is brought to it by two."""
        self.revert(proxy)
        try:
            proxy.add_toxic("reset_after", name=_LIMIT, bytes=self.after_bytes)
        except BadRequestError:
            # A `reset_peer` makes every end of a connection a reset, also where it never works.
            proxy.add_toxic("reset_peer", toxicity=0, name=_LINGER, timeout=0)
            proxy.add_toxic("limit_data", name=_LIMIT, bytes=self.after_bytes)

    def revert(self, proxy: Proxy) -> None:
        """Remove them."""
        for name in (_LIMIT, _LINGER):
            with suppress(ToxicNotFoundError, ProxyNotFoundError):
                proxy.remove_toxic(name)


reset_midway = ResetMidway
