"""What a consumer really does, measured on the wire and written down as its policy."""

from seatrial.infer.bench import TestbedBench
from seatrial.infer.experiment import EXPERIMENTS, Experiment, Known, experiment
from seatrial.infer.parameters import Behaviour, Certainty, Inferred
from seatrial.infer.planner import infer

__all__ = [
    "EXPERIMENTS",
    "Behaviour",
    "Certainty",
    "Experiment",
    "Inferred",
    "Known",
    "TestbedBench",
    "experiment",
    "infer",
]
