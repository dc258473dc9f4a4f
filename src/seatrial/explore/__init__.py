"""Search the faults that nobody wrote a scenario for."""

from seatrial.explore.model import Call, Fault, Observation, Plan, Point, Violation

__all__ = ["Call", "Fault", "Observation", "Plan", "Point", "Violation"]
