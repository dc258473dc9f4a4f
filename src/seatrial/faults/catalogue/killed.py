"""killed: a service crashes."""

from dataclasses import dataclass

from seatrial.faults.catalogue.base import ProcessFault, Victim, fault


@fault
@dataclass(frozen=True)
class Killed(ProcessFault):
    """A service is killed with SIGKILL, and started again at its old address when it is lifted."""

    def apply(self, victim: Victim) -> None:
        """Kill it."""
        victim.kill()

    def lift(self, victim: Victim) -> None:
        """Start it again."""
        victim.restart()


killed = Killed
