"""The wire between a consumer and a provider: proxy and tap, and everything that can fail on it."""

from seatrial.wires.library import Wires, open_wires
from seatrial.wires.service import ServerService, Service
from seatrial.wires.targets import FaultTarget, target_named
from seatrial.wires.terms import FaultTerm
from seatrial.wires.wire import AnyFault, CountedPer, Wire, fault_name, fault_text

__all__ = [
    "AnyFault",
    "CountedPer",
    "FaultTarget",
    "FaultTerm",
    "ServerService",
    "Service",
    "Wire",
    "Wires",
    "fault_name",
    "fault_text",
    "open_wires",
    "target_named",
]
