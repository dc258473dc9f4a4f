"""`seatrial init`: a first seatrial.toml from what a project's folder says of itself."""

from seatrial.scaffold.hints import Hints, look
from seatrial.scaffold.writing import SCHEMA_NAME, sketch

__all__ = ["SCHEMA_NAME", "Hints", "look", "sketch"]
