"""Chaos: short stories told to a consumer on the wire, and what they say about its promises."""

from seatrial.scenarios.edge import LiveEdge
from seatrial.scenarios.run import ChaosRun, run_chaos, run_parts
from seatrial.scenarios.scenario import Scenario, load_scenarios, scenario, usable_scenarios
from seatrial.scenarios.verdicts import Part

__all__ = [
    "ChaosRun",
    "LiveEdge",
    "Part",
    "Scenario",
    "load_scenarios",
    "run_chaos",
    "run_parts",
    "scenario",
    "usable_scenarios",
]
