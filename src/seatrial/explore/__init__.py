"""Search the faults that nobody wrote a scenario for."""

from seatrial.explore.coverage import Coverage, FaultCoverage, Outcome
from seatrial.explore.execution import ProcessWorkers, Runner, StartRunner, Workers, explore
from seatrial.explore.model import JOURNEY, Call, Fault, Observation, Plan, Point, Violation
from seatrial.explore.search import Failure, Search, Shard

__all__ = [
    "JOURNEY",
    "Call",
    "Coverage",
    "Failure",
    "Fault",
    "FaultCoverage",
    "Observation",
    "Outcome",
    "Plan",
    "Point",
    "ProcessWorkers",
    "Runner",
    "Search",
    "Shard",
    "StartRunner",
    "Violation",
    "Workers",
    "explore",
]
