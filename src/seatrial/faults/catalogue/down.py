"""down: nobody is there."""

from contextlib import suppress
from dataclasses import dataclass

from seatrial.faults.catalogue.base import FaultSpec, fault
from seatrial.faults.client import Proxy
from seatrial.faults.errors import ProxyNotFoundError


@fault
@dataclass(frozen=True)
class Down(FaultSpec):
    """Open connections are closed and new ones refused, as when the provider has stopped."""

    def apply(self, proxy: Proxy, term: str = "") -> None:
        """Disable the proxy."""
        proxy.disable()

    def revert(self, proxy: Proxy, term: str = "") -> None:
        """Enable it."""
        with suppress(ProxyNotFoundError):
            proxy.enable()


down = Down
