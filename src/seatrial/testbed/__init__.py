"""What stands a wire up: a provider, its tap and its proxy, and what calls, makes and reads."""

from seatrial.testbed.answers import looks_like
from seatrial.testbed.call_driver import CallDriver, patience_s
from seatrial.testbed.clock import MACHINE_CLOCK, Clock
from seatrial.testbed.correlator import Correlator
from seatrial.testbed.entities import EntityFactory, EntityPool
from seatrial.testbed.logs import ServiceLogs
from seatrial.testbed.payload import filled, header_values, new_number, numbered_by
from seatrial.testbed.requirements import EdgeFeature, missing_features
from seatrial.testbed.testbed import Consumer, Testbed
from seatrial.testbed.topology import Topology
from seatrial.testbed.upstream import Upstream
from seatrial.testbed.wire import WireTestbed

__all__ = [
    "MACHINE_CLOCK",
    "CallDriver",
    "Clock",
    "Consumer",
    "Correlator",
    "EdgeFeature",
    "EntityFactory",
    "EntityPool",
    "ServiceLogs",
    "Testbed",
    "Topology",
    "Upstream",
    "WireTestbed",
    "filled",
    "header_values",
    "looks_like",
    "missing_features",
    "new_number",
    "numbered_by",
    "patience_s",
]
