"""What an experiment saw: calls, and what of them reached the provider's side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seatrial.checks import Attempt, Call


@dataclass(frozen=True)
class Trial:
    """One part of an experiment, made on one consumer. Times are seconds on one clock."""

    label: str
    """Names the part: a failure kind, "warm"; each experiment has its own."""
    calls: tuple[Call, ...]
    attempts: tuple[Attempt, ...]
    facts: Mapping[str, float] = field(default_factory=dict)
    """What was set or counted besides, by name."""
    whole: bool = True
    """Whether concurrent calls were in flight together, where the part needs it, and the journal
    had no gap; nothing is concluded from a part that isn't whole."""
    lags: tuple[tuple[float, float], ...] = ()
    """How late a timer next to the observations was: when it was due, and when it came. A machine
    that is busy makes what it delays longer, never shorter."""

    def lag_s(self, from_s: float, to_s: float) -> float:
        """Return the longest that the machine held up anything between two moments, seconds."""
        held = [
            min(came_s, to_s) - max(due_s, from_s)
            for due_s, came_s in self.lags
            if due_s < to_s and came_s > from_s
        ]
        return max(held, default=0.0)

    def attempts_of(self, call: Call) -> tuple[Attempt, ...]:
        """Return the requests that a call sent, by arrival."""
        later = [
            other.started_s
            for other in self.calls
            if other.entity == call.entity and other.started_s > call.started_s
        ]
        until_s = min(later, default=float("inf"))
        return tuple(
            attempt
            for attempt in sorted(self.attempts, key=lambda attempt: attempt.arrived_s)
            if attempt.entity == call.entity and call.started_s <= attempt.arrived_s < until_s
        )

    def sent(self, place: int) -> int:
        """Return how many requests the call at this place sent."""
        return len(self.attempts_of(self.calls[place]))


Observation = Sequence[Trial]


def trials(observation: Observation, label: str) -> list[Trial]:
    """Return the parts of this name that may be concluded from."""
    return [trial for trial in observation if trial.label == label and trial.whole]
