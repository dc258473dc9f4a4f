"""Chaos: scenarios run against a consumer on the wire, and what they say about its promises."""

from seatrial.scenarios.definition import Requirement, Scenario, scenario
from seatrial.scenarios.discovery import load_scenarios, usable_scenarios
from seatrial.scenarios.edge import LiveEdge
from seatrial.scenarios.run import ChaosRun, run_chaos, run_parts
from seatrial.scenarios.verdicts import Part
from seatrial.testbed import EdgeFeature
from seatrial.wires import FaultTarget

__all__ = [
    "ChaosRun",
    "EdgeFeature",
    "FaultTarget",
    "LiveEdge",
    "Part",
    "Requirement",
    "Scenario",
    "load_scenarios",
    "run_chaos",
    "run_parts",
    "scenario",
    "usable_scenarios",
]
