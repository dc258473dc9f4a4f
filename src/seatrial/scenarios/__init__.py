"""Chaos: scenarios run against a consumer on the wire, and what they say about its promises."""

from seatrial.scenarios.definition import Requirement, Scenario, scenario
from seatrial.scenarios.discovery import load_scenarios, usable_scenarios
from seatrial.scenarios.edge import LiveEdge
from seatrial.scenarios.run import BatchRun, ChaosRun, Progress, Runner, run_chaos, run_parts
from seatrial.scenarios.verdicts import Part, ScenarioRun
from seatrial.testbed import EdgeFeature
from seatrial.wires import FaultTarget

__all__ = [
    "BatchRun",
    "ChaosRun",
    "EdgeFeature",
    "FaultTarget",
    "LiveEdge",
    "Part",
    "Progress",
    "Requirement",
    "Runner",
    "Scenario",
    "ScenarioRun",
    "load_scenarios",
    "run_chaos",
    "run_parts",
    "scenario",
    "usable_scenarios",
]
