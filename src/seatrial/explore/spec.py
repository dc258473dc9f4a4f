"""What a worker needs to make a runner."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from seatrial.explore.model import Observation, Plan

if TYPE_CHECKING:
    from seatrial.faults import Engine


class JourneyRunner(Protocol):
    """Runs plans of one journey on a system of its own."""

    def __enter__(self) -> Self:
        """Return itself."""
        ...

    def __exit__(self, *_: object) -> None:
        """End the system."""
        ...

    def __call__(self, plan: Plan) -> Observation:
        """Run the journey under a plan."""
        ...

    def close(self) -> None:
        """End the system."""
        ...


@dataclass(frozen=True)
class RunnerSpec:
    """What a worker needs to make a runner."""

    config: Path
    journey: str
    virtual: bool = False
    seed: int = 1
    """Of virtual time."""

    def __call__(self, engine: "Engine | None" = None) -> "JourneyRunner":
        """Make the runner; it starts the system at its first run.

        Args:
            engine: makes the network's faults on the wire; None: the taps do.
        """
        if self.virtual:
            from seatrial.explore.virtual import VirtualRunner

            return VirtualRunner(self.config, self.journey, self.seed)
        from seatrial.explore.wire import WireRunner

        return WireRunner(self.config, self.journey, engine)
