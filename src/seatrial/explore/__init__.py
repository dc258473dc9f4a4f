"""Search the faults that nobody wrote a scenario for."""

from seatrial.explore.cases import CaseFile, alike, fault_of, read_case, write_case
from seatrial.explore.cluster import ClusterWorkers
from seatrial.explore.coverage import Coverage, FaultCoverage, Outcome
from seatrial.explore.execution import ProcessWorkers, Runner, StartRunner, Workers, explore
from seatrial.explore.findings import (
    cases_of,
    checks_of,
    command_of,
    coverage_of,
    in_words,
    subject_of,
)
from seatrial.explore.journeys import (
    Invariant,
    Journey,
    groups_of,
    invariant,
    journey,
    usable_invariants,
    usable_journeys,
)
from seatrial.explore.merging import merged
from seatrial.explore.model import JOURNEY, Call, Fault, Observation, Plan, Point, Violation
from seatrial.explore.replaying import KeptCase, kept_cases
from seatrial.explore.reproduction import replay
from seatrial.explore.search import Failure, Search, Shard
from seatrial.explore.spec import JourneyRunner, RunnerSpec
from seatrial.explore.system import NoAnswer, System, system_without_faults

__all__ = [
    "JOURNEY",
    "Call",
    "CaseFile",
    "ClusterWorkers",
    "Coverage",
    "Failure",
    "Fault",
    "FaultCoverage",
    "Invariant",
    "Journey",
    "JourneyRunner",
    "KeptCase",
    "NoAnswer",
    "Observation",
    "Outcome",
    "Plan",
    "Point",
    "ProcessWorkers",
    "Runner",
    "RunnerSpec",
    "Search",
    "Shard",
    "StartRunner",
    "System",
    "Violation",
    "Workers",
    "alike",
    "cases_of",
    "checks_of",
    "command_of",
    "coverage_of",
    "explore",
    "fault_of",
    "groups_of",
    "in_words",
    "invariant",
    "journey",
    "kept_cases",
    "merged",
    "read_case",
    "replay",
    "subject_of",
    "system_without_faults",
    "usable_invariants",
    "usable_journeys",
    "write_case",
]
