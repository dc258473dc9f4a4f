"""Contracts and the consumers that run: how strong a pact is, and a pact made of traffic."""

from seatrial.recording.entities import renamed
from seatrial.recording.giving import given
from seatrial.recording.recorder import Drive, Recorded, Recording, record
from seatrial.recording.strength import SEEN, Measured, Tally, measure
from seatrial.recording.writing import mutation_score, write

__all__ = [
    "SEEN",
    "Drive",
    "Measured",
    "Recorded",
    "Recording",
    "Tally",
    "given",
    "measure",
    "mutation_score",
    "record",
    "renamed",
    "write",
]
