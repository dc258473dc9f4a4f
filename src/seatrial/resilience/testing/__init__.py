"""For tests of one's own policies without sleeping: a fake clock, virtual time, a script."""

from seatrial.resilience.testing.clock import FakeClock
from seatrial.resilience.testing.loop import Deadlock, VirtualTimeLoop, virtual_time
from seatrial.resilience.testing.script import After, Dripping, ScriptedTransport

__all__ = [
    "After",
    "Deadlock",
    "Dripping",
    "FakeClock",
    "ScriptedTransport",
    "VirtualTimeLoop",
    "virtual_time",
]
