"""Chaos in virtual time: the scenarios and checks of the wire, on a simulated one."""

from seatrial.virtual.edge import VirtualEdge, virtual_edge
from seatrial.virtual.forks import Forks, receive, send, used_cpu_s
from seatrial.virtual.moments import Moments
from seatrial.virtual.parts import run_parts_virtually
from seatrial.virtual.run import VirtualFigures, run_in_simulation
from seatrial.virtual.services import lacks_virtual_time
from seatrial.virtual.testbed import VirtualTestbed
from seatrial.virtual.topology import VirtualSystem, virtual_system

__all__ = [
    "Forks",
    "Moments",
    "VirtualEdge",
    "VirtualFigures",
    "VirtualSystem",
    "VirtualTestbed",
    "lacks_virtual_time",
    "receive",
    "run_in_simulation",
    "run_parts_virtually",
    "send",
    "used_cpu_s",
    "virtual_edge",
    "virtual_system",
]
