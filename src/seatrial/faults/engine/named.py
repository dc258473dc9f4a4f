"""A toxic as a proxy has it: with its name, its direction and how likely it is to work."""

from dataclasses import dataclass, fields
from typing import Any, Literal

from seatrial.faults.engine.gocompat import gojson
from seatrial.faults.engine.toxics import Toxic

Stream = Literal["upstream", "downstream"]
STREAMS: tuple[Stream, Stream] = ("upstream", "downstream")


@dataclass(frozen=True, eq=False)
class NamedToxic:
    """A toxic on a proxy. Two of them are never the same, even with equal values."""

    name: str
    stream: Stream
    stream_as_typed: str
    toxicity: float
    """The chance that a connection is hit; 1 or more is always, 0 or less never."""
    attributes: Toxic

    def as_json(self) -> dict[str, Any]:
        """Return the toxic as the API shows it."""
        values = {
            field.name: getattr(self.attributes, field.name) for field in fields(self.attributes)
        }
        return {
            "attributes": values,
            "name": self.name,
            "type": self.attributes.TYPE,
            "stream": self.stream_as_typed,
            "toxicity": gojson.shortest_float32(self.toxicity),
        }
