"""paused: a service freezes."""

from dataclasses import dataclass

from seatrial.faults.catalogue.base import ProcessFault, Victim, fault


@fault
@dataclass(frozen=True)
class Paused(ProcessFault):
    """A service is frozen (SIGSTOP): its connections stay open, and nothing is answered."""

    def apply(self, victim: Victim) -> None:
        """Freeze it."""
        victim.pause()

    def lift(self, victim: Victim) -> None:
        """Let it go on."""
        victim.resume()


paused = Paused
