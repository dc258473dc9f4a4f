"""Breakers with one mistake each: what the search must not let through.

Each is a mistake that a real library makes, or that is one character away. `invariant` is the one
that it is caught by; it may break others on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seatrial.resilience._states import REFUSED, ClosedState, HalfOpenState, OpenState
from seatrial.resilience.breaker import CircuitBreaker, Permit


@dataclass(frozen=True)
class Mutant:
    """One method of one class, replaced.

    Attributes:
        name: what is wrong.
        invariant: what the search must say is broken.
        owner: the class.
        method: its method's name.
        wrong: what stands in its place.
    """

    name: str
    invariant: str
    owner: type[Any]
    method: str
    wrong: Callable[..., Any]


def _refuse_before_the_threshold(self: ClosedState) -> int:
    return REFUSED if self.failures == self._owner.policy.failures - 1 else 0


def _admit_a_tick_early(self: OpenState) -> int:
    if self._owner.clock() < self.until - 1:
        return REFUSED
    self._owner.half_open(self._owner.clock())
    return self._owner.current.admit()


def _admit_everybody(self: HalfOpenState) -> int:
    self.granted += 1
    self.leases[self.granted] = self._owner.clock() + self._owner.policy.lease_s
    return self.granted


def _admit_one_too_few(self: HalfOpenState) -> int:
    self.catch_up(self._owner.clock())
    if len(self.leases) == self._owner.policy.probe_limit - 1:
        return REFUSED
    return _right_half_open_admit(self)


def _late_failure_extends(self: ClosedState, ticket: int) -> None:
    current = self._owner.current
    if current is not self and isinstance(current, OpenState):
        current.until = self._owner.clock() + self._owner.policy.open_s
        return
    _right_closed_failure(self, ticket)


def _late_failure_counts(self: ClosedState, ticket: int) -> None:
    current = self._owner.current
    owner = current if isinstance(current, ClosedState) else self
    _right_closed_failure(owner, ticket)


def _late_success_counts(self: HalfOpenState, ticket: int) -> None:
    current = self._owner.current
    if current is not self and isinstance(current, HalfOpenState):
        current.successes += 1
        return
    _right_success(self, ticket)


def _close_on_first_success(self: HalfOpenState, ticket: int) -> None:
    if self._hand_back(ticket):
        self._owner.close(self._owner.clock(), "one probe went well")


def _forgive_after_a_success(self: HalfOpenState, ticket: int) -> None:
    if self._hand_back(ticket) and not self.successes:
        self._owner.open(self._owner.clock(), "a probe failed")


def _cancel_opens(self: HalfOpenState, ticket: int) -> None:
    if self._hand_back(ticket):
        self._owner.open(self._owner.clock(), "a probe was cancelled")


def _cancel_is_a_success(self: HalfOpenState, ticket: int) -> None:
    self.success(ticket)


def _cancel_keeps_the_place(self: HalfOpenState, ticket: int) -> None:
    return None


def _trip_one_too_late(self: ClosedState, ticket: int) -> None:
    if self._owner.current is not self:
        return
    self.failures += 1
    self.is_quiet = False
    if self.failures > self._owner.policy.failures:
        self._owner.open(self._owner.clock(), "too late")


def _never_forget_failures(self: ClosedState, ticket: int) -> None:
    return None


def _lease_without_end(self: HalfOpenState, now: float) -> None:
    return None


def _lease_ends_when_looked_at(self: HalfOpenState, now: float) -> None:
    if next(iter(self.leases.values()), now + 1) <= now and self._owner.current is self:
        self._owner.open(now, "looked")


def _refusal_extends(self: OpenState) -> int:
    if self._owner.clock() < self.until:
        self.until = self._owner.clock() + self._owner.policy.open_s
        return REFUSED
    return _right_open_admit(self)


def _close_when_time_is_up(self: OpenState) -> int:
    if self._owner.clock() < self.until:
        return REFUSED
    self._owner.close(self._owner.clock(), "time is up")
    return self._owner.current.admit()


def _close_without_event(self: CircuitBreaker, at_s: float, reason: str) -> None:
    self.current = self._closed()


def _vote_twice(self: Permit) -> int | None:
    return self._ticket


_right_closed_failure = ClosedState.failure
_right_success = HalfOpenState.success
_right_open_admit = OpenState.admit
_right_half_open_admit = HalfOpenState.admit

MUTANTS = (
    Mutant(
        "closed refuses before it trips", "I1", ClosedState, "admit", _refuse_before_the_threshold
    ),
    Mutant("open admits a tick early", "I2", OpenState, "admit", _admit_a_tick_early),
    Mutant("half-open admits everybody", "I3", HalfOpenState, "admit", _admit_everybody),
    Mutant("half-open admits one too few", "I3", HalfOpenState, "admit", _admit_one_too_few),
    Mutant("a late failure counts elsewhere", "I4", ClosedState, "failure", _late_failure_counts),
    Mutant("a late success counts elsewhere", "I4", HalfOpenState, "success", _late_success_counts),
    Mutant("the first success closes", "I5", HalfOpenState, "success", _close_on_first_success),
    Mutant("a cancelled probe is a success", "I5", HalfOpenState, "cancel", _cancel_is_a_success),
    Mutant(
        "a success forgives a failure", "I6", HalfOpenState, "failure", _forgive_after_a_success
    ),
    Mutant("a late failure extends", "I7", ClosedState, "failure", _late_failure_extends),
    Mutant("a refusal extends", "I8", OpenState, "admit", _refusal_extends),
    Mutant("a lease never ends", "I8", HalfOpenState, "catch_up", _lease_without_end),
    Mutant("a cancelled probe opens", "I9", HalfOpenState, "cancel", _cancel_opens),
    Mutant(
        "a cancelled probe keeps its place", "I9", HalfOpenState, "cancel", _cancel_keeps_the_place
    ),
    Mutant("trips one failure too late", "I10", ClosedState, "failure", _trip_one_too_late),
    Mutant("a success forgets nothing", "I10", ClosedState, "success", _never_forget_failures),
    Mutant("time alone closes", "I11", OpenState, "admit", _close_when_time_is_up),
    Mutant("closes without an event", "I11", CircuitBreaker, "close", _close_without_event),
    Mutant("a permit votes twice", "I12", Permit, "_take", _vote_twice),
    Mutant(
        "a lease ends when looked at", "I13", HalfOpenState, "catch_up", _lease_ends_when_looked_at
    ),
)
