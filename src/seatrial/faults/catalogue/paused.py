"""paused: a service freezes."""

from dataclasses import dataclass

from seatrial.faults.catalogue.base import ProcessFault, Target, fault


@fault
@dataclass(frozen=True)
class Paused(ProcessFault):
    """A service is frozen (SIGSTOP): its connections stay open, and nothing is answered."""

    def apply(self, target: Target) -> None:
        """Freeze it."""
        target.pause()

    def revert(self, target: Target) -> None:
        """Let it go on."""
        target.resume()


paused = Paused
