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
    """Asked for by this call alone, so that what reaches the wire can be tied to it."""
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


@dataclass(frozen=True)
class Evidence:
    """All of one scenario, and the policy that it is judged by."""

    policy: Policy
    calls: tuple[Call, ...]
    attempts: tuple[Attempt, ...]
    faults: tuple[Fault, ...] = ()

    def calls_in(self, phase: str) -> tuple[Call, ...]:
        """The calls of one phase, in the order in which they were started."""
        return tuple(call for call in self.calls if call.phase == phase)

    def attempts_of(self, calls: Call | Iterable[Call]) -> tuple[Attempt, ...]:
        """What reached the wire because of these calls, by arrival."""
        entities = {call.entity for call in ([calls] if isinstance(calls, Call) else calls)}
        found = (attempt for attempt in self.attempts if attempt.entity in entities)
        return tuple(sorted(found, key=lambda attempt: attempt.arrived_s))
