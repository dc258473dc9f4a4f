"""`seatrial init`: a first seatrial.toml from what a project's folder says of itself."""

from seatrial.scaffold.drafts import Draft, draft
from seatrial.scaffold.hints import Hints, look
from seatrial.scaffold.trial import Trial, try_out
from seatrial.scaffold.writing import SCHEMA_NAME, sketch, written

__all__ = [
    "SCHEMA_NAME",
    "Draft",
    "Hints",
    "Trial",
    "draft",
    "look",
    "sketch",
    "try_out",
    "written",
]
