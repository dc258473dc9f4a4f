"""Contracts and the consumers that run: how strong a pact is, and a pact made of traffic."""

from seatrial.recording.strength import SEEN, Measured, Tally, measure

__all__ = ["SEEN", "Measured", "Tally", "measure"]
