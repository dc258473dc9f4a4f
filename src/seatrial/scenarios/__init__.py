"""Chaos: scenarios run against a consumer on the wire, and what they say about its promises."""

from seatrial.scenarios.consumer import environment_of, run_on_consumer
from seatrial.scenarios.definition import Requirement, Scenario, scenario
from seatrial.scenarios.discovery import load_scenarios, scenario_folders, usable_scenarios
from seatrial.scenarios.edge import LiveEdge, OutOfEntities
from seatrial.scenarios.kinds import failing_round, open_by_status, well_again
from seatrial.scenarios.late import call_from_before
from seatrial.scenarios.run import BatchRun, ChaosRun, Progress, run_chaos, run_parts
from seatrial.scenarios.verdicts import Part, ScenarioRun
from seatrial.testbed import EdgeFeature
from seatrial.wires import FaultTarget

__all__ = [
    "BatchRun",
    "ChaosRun",
    "EdgeFeature",
    "FaultTarget",
    "LiveEdge",
    "OutOfEntities",
    "Part",
    "Progress",
    "Requirement",
    "Scenario",
    "ScenarioRun",
    "call_from_before",
    "environment_of",
    "failing_round",
    "load_scenarios",
    "open_by_status",
    "run_chaos",
    "run_on_consumer",
    "run_parts",
    "scenario",
    "scenario_folders",
    "usable_scenarios",
    "well_again",
]
