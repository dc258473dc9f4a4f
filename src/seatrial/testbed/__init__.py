"""What stands a wire up: a provider, its tap and its proxy, and what calls, makes and reads."""

from seatrial.testbed.call_driver import CallDriver
from seatrial.testbed.correlator import Correlator
from seatrial.testbed.entities import EntityFactory, EntityPool
from seatrial.testbed.requirements import EdgeFeature
from seatrial.testbed.testbed import Testbed
from seatrial.testbed.topology import Topology

__all__ = [
    "CallDriver",
    "Correlator",
    "EdgeFeature",
    "EntityFactory",
    "EntityPool",
    "Testbed",
    "Topology",
]
