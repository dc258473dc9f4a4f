"""killed: a service crashes."""

from dataclasses import dataclass

from seatrial.faults.catalogue.base import ProcessFault, Target, fault


@fault
@dataclass(frozen=True)
class Killed(ProcessFault):
    """A service is killed with SIGKILL, and started again at its old address on revert."""

    def apply(self, target: Target) -> None:
        """Kill it."""
        target.kill()

    def revert(self, target: Target) -> None:
        """Start it again."""
        target.restart()


killed = Killed
