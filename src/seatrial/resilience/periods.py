"""The states of a breaker, one type each. A *period* is one stay in one state.

              failures in a row, or too many bad calls in the window
    CLOSED ──────────────────────────────────────────────────────────▶ OPEN
       ▲                                                               │  ▲
       │ enough successful probes         the first call after `until` │  │ one probe failed,
       │                                                               ▼  │ or its lease ran out
       └────────────────────────────────────────────────────────── HALF_OPEN

    any ── force_open ──▶ ISOLATED;  any ── force_close ──▶ CLOSED

A call belongs to the period that admitted it. What ends in another period than its own changes
nothing there, and is counted as stale.
"""

from __future__ import annotations

from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from seatrial.resilience.breaker import CircuitBreaker

REFUSED = -1
"""Given instead of a ticket to a call that isn't let through."""


class State(StrEnum):
    """The states by name."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    ISOLATED = "isolated"


class Period:
    """One stay in one state; what it doesn't override is what a late result may do: nothing.

    Attributes:
        kind: the state's name.
        alert: 0 while calls neither need ask `admit` before nor report their success after.
        failures: consecutive failures of this period.
        until: the earliest time of a change that time alone brings.
        calm_until: nothing is due before, and all that calls do is to leave their mark.
    """

    __slots__ = ("alert", "breaker")

    kind: ClassVar[State]
    failures: int = 0
    until: float = inf
    calm_until: float = -inf

    def __init__(self, breaker: CircuitBreaker) -> None:
        self.breaker = breaker
        self.alert = 1

    def admit(self) -> int:
        """Let a call through, and give its ticket; or `REFUSED`."""
        return REFUSED

    def success(self, ticket: int) -> None:
        """The call with this ticket went well."""
        self.breaker.stale += 1

    def failure(self, ticket: int) -> None:
        """The call with this ticket failed."""
        self.breaker.stale += 1

    def cancel(self, ticket: int) -> None:
        """The call with this ticket was given up by its caller, and says nothing."""
        if self.breaker.period is not self:
            self.breaker.stale += 1

    def look(self, now: float) -> None:
        """Make the change that was due by now, if any, as of the time at which it was due."""

    def retry_after(self, now: float) -> float:
        """Seconds after which asking again makes sense."""
        return 0.0


class Closed(Period):
    """Lets everything through; so many consecutive failures open it."""

    __slots__ = ("failures",)
    kind = State.CLOSED

    def __init__(self, breaker: CircuitBreaker) -> None:
        super().__init__(breaker)
        self.failures: int = 0
        self.alert = 0

    def admit(self) -> int:
        """Always."""
        return 0

    def success(self, ticket: int) -> None:
        """Failures are no longer in a row."""
        if self.breaker.period is not self:
            self.breaker.stale += 1
        else:
            self.failures = self.alert = 0

    def failure(self, ticket: int) -> None:
        """One too many in a row opens."""
        if self.breaker.period is not self:
            self.breaker.stale += 1
            return
        self.failures = self.alert = self.failures + 1
        if self.failures >= self.breaker.policy.failures:
            self.breaker.open(self.breaker.clock(), f"{self.failures} failures in a row")


class Open(Period):
    """Lets nothing through before `until`, which is fixed on entry; the next call then probes."""

    __slots__ = ("lasts_s", "until")
    kind = State.OPEN

    def __init__(self, breaker: CircuitBreaker, at_s: float, lasts_s: float) -> None:
        super().__init__(breaker)
        self.lasts_s = lasts_s
        self.until: float = at_s + lasts_s

    def admit(self) -> int:
        """Nothing, until it is time to probe."""
        if self.breaker.clock() < self.until:
            return REFUSED
        self.breaker.move(HalfOpen(self.breaker), self.breaker.clock(), "time to probe")
        return self.breaker.period.admit()

    def retry_after(self, now: float) -> float:
        """The time left; never more than it lasts, however the sum was rounded."""
        return min(self.lasts_s, max(0.0, self.until - now))


class HalfOpen(Period):
    """Lets probes through, so many at once. Each holds a lease: one that runs out has failed."""

    __slots__ = ("granted", "leases", "successes")
    kind = State.HALF_OPEN

    def __init__(self, breaker: CircuitBreaker) -> None:
        super().__init__(breaker)
        self.granted = 0
        self.successes = 0
        self.leases: dict[int, float] = {}

    def admit(self) -> int:
        """As many probes at once as the policy says."""
        now = self.breaker.clock()
        self.look(now)
        if self.breaker.period is not self:
            return self.breaker.period.admit()
        if len(self.leases) >= self.breaker.policy.probe_limit:
            return REFUSED
        self.granted += 1
        self.leases[self.granted] = now + self.breaker.policy.lease_s
        return self.granted

    def success(self, ticket: int) -> None:
        """Enough of them close."""
        if self._hand_back(ticket):
            self.successes += 1
            if self.successes >= self.breaker.policy.successes:
                self.breaker.close(self.breaker.clock(), f"{self.successes} probes went well")

    def failure(self, ticket: int) -> None:
        """One opens, whatever came before."""
        if self._hand_back(ticket):
            self.breaker.open(self.breaker.clock(), "a probe failed")

    def cancel(self, ticket: int) -> None:
        """The probe gives its place back."""
        self._hand_back(ticket)

    def look(self, now: float) -> None:
        """A lease that has run out opens, as of when it did."""
        due = next(iter(self.leases.values()), inf)
        if due <= now and self.breaker.period is self:
            self.breaker.open(due, "a probe's lease ran out")

    def retry_after(self, now: float) -> float:
        """A second, while all probes are out."""
        return 1.0 if len(self.leases) >= self.breaker.policy.probe_limit else 0.0

    def _hand_back(self, ticket: int) -> bool:
        """End a lease; False for one that had ended before, and so has no vote."""
        self.look(self.breaker.clock())
        live = self.breaker.period is self and self.leases.pop(ticket, None) is not None
        self.breaker.stale += not live
        return live


class Isolated(Period):
    """Lets nothing through until it is closed by hand."""

    __slots__ = ()
    kind = State.ISOLATED

    def retry_after(self, now: float) -> float:
        """Nobody knows; as long as an opening."""
        return self.breaker.policy.open_s
