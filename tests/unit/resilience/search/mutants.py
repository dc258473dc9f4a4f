"""Breakers with one mistake each: what the search must not let through.

Each is a mistake that a real library makes, or that is one character away. `invariant` is the one
that it is caught by; it may break others on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from seatrial.resilience.breaker import CircuitBreaker, Permit
from seatrial.resilience.periods import REFUSED, Closed, HalfOpen, Open


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


def _refuse_before_the_threshold(self: Closed) -> int:
    return REFUSED if self.failures == self.breaker.policy.failures - 1 else 0


def _admit_a_tick_early(self: Open) -> int:
    if self.breaker.clock() < self.until - 1:
        return REFUSED
    self.breaker.move(HalfOpen(self.breaker), self.breaker.clock(), "too early")
    return self.breaker.period.admit()


def _admit_everybody(self: HalfOpen) -> int:
    self.granted += 1
    self.leases[self.granted] = self.breaker.clock() + self.breaker.policy.lease_s
    return self.granted


def _admit_one_too_few(self: HalfOpen) -> int:
    self.look(self.breaker.clock())
    if len(self.leases) == self.breaker.policy.probe_limit - 1:
        return REFUSED
    return _right_half_open_admit(self)


def _late_failure_extends(self: Closed, ticket: int) -> None:
    current = self.breaker.period
    if current is not self and isinstance(current, Open):
        current.until = self.breaker.clock() + self.breaker.policy.open_s
        return
    _right_closed_failure(self, ticket)


def _late_failure_counts(self: Closed, ticket: int) -> None:
    current = self.breaker.period
    owner = current if isinstance(current, Closed) else self
    _right_closed_failure(owner, ticket)


def _late_success_counts(self: HalfOpen, ticket: int) -> None:
    current = self.breaker.period
    if current is not self and isinstance(current, HalfOpen):
        current.successes += 1
        return
    _right_success(self, ticket)


def _close_on_first_success(self: HalfOpen, ticket: int) -> None:
    if self._hand_back(ticket):
        self.breaker.close(self.breaker.clock(), "one probe went well")


def _forgive_after_a_success(self: HalfOpen, ticket: int) -> None:
    if self._hand_back(ticket) and not self.successes:
        self.breaker.open(self.breaker.clock(), "a probe failed")


def _cancel_opens(self: HalfOpen, ticket: int) -> None:
    if self._hand_back(ticket):
        self.breaker.open(self.breaker.clock(), "a probe was cancelled")


def _cancel_is_a_success(self: HalfOpen, ticket: int) -> None:
    self.success(ticket)


def _cancel_keeps_the_place(self: HalfOpen, ticket: int) -> None:
    return None


def _trip_one_too_late(self: Closed, ticket: int) -> None:
    if self.breaker.period is not self:
        return
    self.failures = self.alert = self.failures + 1
    if self.failures > self.breaker.policy.failures:
        self.breaker.open(self.breaker.clock(), "too late")


def _never_forget_failures(self: Closed, ticket: int) -> None:
    return None


def _lease_without_end(self: HalfOpen, now: float) -> None:
    return None


def _lease_ends_when_looked_at(self: HalfOpen, now: float) -> None:
    if next(iter(self.leases.values()), now + 1) <= now and self.breaker.period is self:
        self.breaker.open(now, "looked")


def _refusal_extends(self: Open) -> int:
    if self.breaker.clock() < self.until:
        self.until = self.breaker.clock() + self.breaker.policy.open_s
        return REFUSED
    return _right_open_admit(self)


def _close_when_time_is_up(self: Open) -> int:
    if self.breaker.clock() < self.until:
        return REFUSED
    self.breaker.close(self.breaker.clock(), "time is up")
    return self.breaker.period.admit()


def _close_without_telling(self: CircuitBreaker, at_s: float, reason: str) -> None:
    self.period = self._closed()


def _vote_twice(self: Permit) -> int | None:
    return self._ticket


_right_closed_failure = Closed.failure
_right_success = HalfOpen.success
_right_open_admit = Open.admit
_right_half_open_admit = HalfOpen.admit

MUTANTS = (
    Mutant("closed refuses before it trips", "I1", Closed, "admit", _refuse_before_the_threshold),
    Mutant("open admits a tick early", "I2", Open, "admit", _admit_a_tick_early),
    Mutant("half-open admits everybody", "I3", HalfOpen, "admit", _admit_everybody),
    Mutant("half-open admits one too few", "I3", HalfOpen, "admit", _admit_one_too_few),
    Mutant("a late failure counts elsewhere", "I4", Closed, "failure", _late_failure_counts),
    Mutant("a late success counts elsewhere", "I4", HalfOpen, "success", _late_success_counts),
    Mutant("the first success closes", "I5", HalfOpen, "success", _close_on_first_success),
    Mutant("a cancelled probe is a success", "I5", HalfOpen, "cancel", _cancel_is_a_success),
    Mutant("a success forgives a failure", "I6", HalfOpen, "failure", _forgive_after_a_success),
    Mutant("a late failure extends", "I7", Closed, "failure", _late_failure_extends),
    Mutant("a refusal extends", "I8", Open, "admit", _refusal_extends),
    Mutant("a lease never ends", "I8", HalfOpen, "look", _lease_without_end),
    Mutant("a cancelled probe opens", "I9", HalfOpen, "cancel", _cancel_opens),
    Mutant("a cancelled probe keeps its place", "I9", HalfOpen, "cancel", _cancel_keeps_the_place),
    Mutant("trips one failure too late", "I10", Closed, "failure", _trip_one_too_late),
    Mutant("a success forgets nothing", "I10", Closed, "success", _never_forget_failures),
    Mutant("time alone closes", "I11", Open, "admit", _close_when_time_is_up),
    Mutant("closes without telling", "I11", CircuitBreaker, "close", _close_without_telling),
    Mutant("a permit votes twice", "I12", Permit, "_take", _vote_twice),
    Mutant("a lease ends when looked at", "I13", HalfOpen, "look", _lease_ends_when_looked_at),
)
