"""noop: changes nothing."""

from dataclasses import dataclass
from typing import ClassVar

from seatrial.faults.engine.toxics.base import Flow, Receiver, Stage, Toxic, toxic


@toxic("noop")
@dataclass(frozen=True)
class Noop(Toxic):
    """Lets everything through."""

    GO_NAME: ClassVar[str] = "NoopToxic"

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        """The stage that does nothing."""
        return Stage(flow, following)
