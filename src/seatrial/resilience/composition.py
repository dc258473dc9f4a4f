"""Policies around a call, in the order given: the first is the outermost."""

from __future__ import annotations

from typing import Protocol, cast

from seatrial.resilience.breaker import CircuitBreaker
from seatrial.resilience.operation import ANONYMOUS, AsyncCall, Operation, P, T, WrappedCall
from seatrial.resilience.retry import Retry


class Policy(Protocol):
    """Anything that can be composed: it wraps a call in another with the same signature."""

    def wrap(self, call: AsyncCall[P, T], operation: Operation = ANONYMOUS) -> WrappedCall[P, T]:
        """Return the same call under this policy."""


class Composition:
    """Policies in their order; call it with an asynchronous function to wrap that."""

    __slots__ = ("policies",)

    def __init__(self, policies: tuple[Policy, ...]) -> None:
        self.policies = policies

    def __call__(
        self, call: AsyncCall[P, T], operation: Operation = ANONYMOUS
    ) -> WrappedCall[P, T]:
        """Return the same call under all policies; without any it is the call itself."""
        wrapped = cast("WrappedCall[P, T]", call)
        for policy in reversed(self.policies):
            wrapped = policy.wrap(wrapped, operation)
        return wrapped


def compose(*policies: Policy) -> Composition:
    """Compose policies in the order given: `compose(cache, breaker, retry)(fetch)`.

    Raises:
        ValueError: a breaker's lease isn't longer than what a probe may take.
    """
    for at, policy in enumerate(policies):
        if isinstance(policy, CircuitBreaker):
            _check_lease(policy, outside=policies[:at], inside=policies[at + 1 :])
    return Composition(policies)


def _check_lease(
    breaker: CircuitBreaker, *, outside: tuple[Policy, ...], inside: tuple[Policy, ...]
) -> None:
    """Refuse a lease that may run out before its probe ends: a slow success would be a failure."""
    bounds = [policy.policy.longest_s for policy in inside if isinstance(policy, Retry)]
    bounds += [policy.policy.attempt_timeout_s for policy in outside if isinstance(policy, Retry)]
    longest_s = max((bound for bound in bounds if bound is not None), default=0.0)
    lease_s = breaker.policy.lease_s
    if lease_s <= longest_s:
        raise ValueError(
            f"BreakerPolicy.lease_s is {lease_s!r}, but must be a number above {longest_s:g} "
            "(a probe may take that long under the retry that it is composed with)"
        )
