"""What was seen: the calls that a scenario made, what reached the provider, and the faults.

All times are seconds on one monotonic clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from seatrial.config import Policy

Outcome = Literal["good", "failed", "other"]
"""As the edge declares a good and a failed answer; "other" is neither."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the consumer, which makes it call its provider about one entity."""

    entity: str
    """What it asks for; what reaches the wire is tied to the call by it."""
    phase: str
    """The part of the scenario's story that it belongs to."""
    started_s: float
    ended_s: float
    outcome: Outcome
    status: int | None
    """None when the consumer gave no answer."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request that reached the provider's side of the wire."""

    entity: str
    arrived_s: float
    answered_s: float | None
    """None when it got no answer."""
    status: int | None
    fault: str | None = None
    """What was done to it on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was in force for a while."""

    name: str
    started_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a cached entity at the provider, and when the consumer first showed it."""

    entity: str
    kind: Literal["changed", "removed"]
    committed_s: float
    shown_s: float | None
    """None when it was not shown for as long as anybody looked."""


@dataclass(frozen=True)
class Evidence:
    """All of one scenario, and the policy that it is judged by."""

    policy: Policy
    calls: tuple[Call, ...]
    attempts: tuple[Attempt, ...]
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()

    def calls_in(self, phase: str) -> tuple[Call, ...]:
        """The calls of one phase, in the order in which they were started."""
        return tuple(call for call in self.calls if call.phase == phase)

    def attempts_of(self, calls: Call | Iterable[Call]) -> tuple[Attempt, ...]:
        """What reached the wire because of these calls, by arrival.

        Tied by entity, and where an entity is asked for again, by the time of the next call too.
        """
        found = [
            attempt
            for call in ([calls] if isinstance(calls, Call) else calls)
            for attempt in self.attempts
            if attempt.entity == call.entity
            and call.started_s <= attempt.arrived_s < self._next_start_s(call)
        ]
        return tuple(sorted(found, key=lambda attempt: attempt.arrived_s))

    def _next_start_s(self, call: Call) -> float:
        later = (
            other.started_s
            for other in self.calls
            if other.entity == call.entity and other.started_s > call.started_s
        )
        return min(later, default=float("inf"))
