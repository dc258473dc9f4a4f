"""The states of a breaker, one type each; an object is one stay in that state.

              failures in a row, or too many bad calls in the window
    CLOSED ──────────────────────────────────────────────────────────▶ OPEN
       ▲                                                               │  ▲
       │ enough successful probes         the first call after `until` │  │ one probe failed,
       │                                                               ▼  │ or its lease ran out
       └────────────────────────────────────────────────────────── HALF_OPEN

    any ── force_open ──▶ ISOLATED;  any ── force_close ──▶ CLOSED

A call belongs to the stay that admitted it. A result that comes after that stay has ended changes
nothing, and is counted as stale.
"""

from __future__ import annotations

from enum import StrEnum
from math import inf
from typing import ClassVar, Protocol

from seatrial.resilience.operation import Clock
from seatrial.resilience.policies import BreakerPolicy

REFUSED = -1
"""Returned instead of a ticket for a call that isn't let through."""


class CircuitState(StrEnum):
    """The states by name."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    ISOLATED = "isolated"


class StateOwner(Protocol):
    """The breaker that a state belongs to.

    Attributes:
        current: the state that the breaker is in.
        stale: results that came after their stay had ended.
    """

    current: BreakerState
    policy: BreakerPolicy
    clock: Clock
    stale: int

    def open(self, at_s: float, reason: str) -> None:
        """Open as of `at_s`."""

    def half_open(self, at_s: float) -> None:
        """Begin to probe."""

    def close(self, at_s: float, reason: str) -> None:
        """Close as of `at_s`."""


class BreakerState:
    """One stay in one state; the base does what a late result may do: nothing.

    Attributes:
        kind: the state's name.
        is_quiet: True while a call needs neither ask `admit` before nor report its success after.
        failures: consecutive failures of this stay.
        until: the earliest time of a change that time alone brings.
    """

    __slots__ = ("_owner", "is_quiet")

    kind: ClassVar[CircuitState]
    failures: int = 0
    until: float = inf

    def __init__(self, owner: StateOwner) -> None:
        self._owner = owner
        self.is_quiet = False

    def admit(self) -> int:
        """Let a call through and return its ticket, or return `REFUSED`."""
        return REFUSED

    def success(self, ticket: int) -> None:
        """Record that the call with this ticket succeeded."""
        self._owner.stale += 1

    def failure(self, ticket: int) -> None:
        """Record that the call with this ticket failed."""
        self._owner.stale += 1

    def cancel(self, ticket: int) -> None:
        """Record that the call with this ticket ended without saying anything of the provider."""
        if self.is_over:
            self._owner.stale += 1

    def catch_up(self, now: float) -> None:
        """Make the change that was due by now, if any, as of the time at which it was due."""

    def retry_after_s(self, now: float) -> float:
        """Return the seconds after which asking again makes sense."""
        return 0.0

    @property
    def is_over(self) -> bool:
        """True once the breaker has left this stay."""
        return self._owner.current is not self


class ClosedState(BreakerState):
    """Lets everything through; enough consecutive failures open it."""

    __slots__ = ("failures",)
    kind = CircuitState.CLOSED

    def __init__(self, owner: StateOwner) -> None:
        super().__init__(owner)
        self.failures: int = 0
        self.is_quiet = True

    def admit(self) -> int:
        """Let every call through."""
        return 0

    def success(self, ticket: int) -> None:
        """Forget the failures: they are no longer in a row."""
        if self.is_over:
            self._owner.stale += 1
        else:
            self.failures = 0
            self.is_quiet = True

    def failure(self, ticket: int) -> None:
        """Count a failure; open at the last one allowed in a row."""
        if self.is_over:
            self._owner.stale += 1
            return
        self.failures += 1
        self.is_quiet = False
        if self.failures >= self._owner.policy.failures:
            self._owner.open(self._owner.clock(), f"{self.failures} failures in a row")


class OpenState(BreakerState):
    """Lets nothing through before `until`, which is fixed on entry; the next call then probes."""

    __slots__ = ("lasts_s", "until")
    kind = CircuitState.OPEN

    def __init__(self, owner: StateOwner, at_s: float, lasts_s: float) -> None:
        super().__init__(owner)
        self.lasts_s = lasts_s
        self.until: float = at_s + lasts_s

    def admit(self) -> int:
        """Refuse until it is time to probe."""
        now = self._owner.clock()
        if now < self.until:
            return REFUSED
        self._owner.half_open(now)
        return self._owner.current.admit()

    def retry_after_s(self, now: float) -> float:
        """Return the time left; never more than it lasts, however the sum was rounded."""
        return min(self.lasts_s, max(0.0, self.until - now))


class HalfOpenState(BreakerState):
    """Lets a few probes through at once, each with a lease; one that runs out is a failure."""

    __slots__ = ("granted", "leases", "successes")
    kind = CircuitState.HALF_OPEN

    def __init__(self, owner: StateOwner) -> None:
        super().__init__(owner)
        self.granted = 0
        self.successes = 0
        self.leases: dict[int, float] = {}

    def admit(self) -> int:
        """Let as many probes through at once as the policy says."""
        now = self._owner.clock()
        self.catch_up(now)
        if self.is_over:
            return self._owner.current.admit()
        if len(self.leases) >= self._owner.policy.probe_limit:
            return REFUSED
        self.granted += 1
        self.leases[self.granted] = now + self._owner.policy.lease_s
        return self.granted

    def success(self, ticket: int) -> None:
        """Count a success; close when there are enough."""
        if self._hand_back(ticket):
            self.successes += 1
            if self.successes >= self._owner.policy.successes:
                self._owner.close(self._owner.clock(), f"{self.successes} probes succeeded")

    def failure(self, ticket: int) -> None:
        """Open, whatever came before."""
        if self._hand_back(ticket):
            self._owner.open(self._owner.clock(), "a probe failed")

    def cancel(self, ticket: int) -> None:
        """Give the probe's place back."""
        self._hand_back(ticket)

    def catch_up(self, now: float) -> None:
        """Open if a lease has run out, as of when it did."""
        due = next(iter(self.leases.values()), inf)
        if due <= now and not self.is_over:
            self._owner.open(due, "a probe's lease ran out")

    def retry_after_s(self, now: float) -> float:
        """Return a second while all probes are out."""
        return 1.0 if len(self.leases) >= self._owner.policy.probe_limit else 0.0

    def _hand_back(self, ticket: int) -> bool:
        """End a lease; return False for one that had ended before, and so has no vote."""
        self.catch_up(self._owner.clock())
        live = not self.is_over and self.leases.pop(ticket, None) is not None
        self._owner.stale += not live
        return live


class IsolatedState(BreakerState):
    """Lets nothing through until it is closed by hand."""

    __slots__ = ()
    kind = CircuitState.ISOLATED

    def retry_after_s(self, now: float) -> float:
        """Return the length of an opening, since nobody knows."""
        return self._owner.policy.open_s
