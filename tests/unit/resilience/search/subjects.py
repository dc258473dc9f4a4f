"""Breakers as the search drives them: all alike, one step at a time, without an event loop."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from seatrial.resilience import BreakerPolicy, CircuitBreaker, CircuitOpen, StateChanged
from seatrial.resilience._states import HalfOpenState, OpenState
from seatrial.resilience.breaker import Permit
from seatrial.resilience.errors import Unavailable
from seatrial.resilience.testing import FakeClock
from tests.unit.resilience.search.design import DesignBreaker, DesignOpenError

Vote = Literal["success", "failure", "cancel"]


@dataclass(frozen=True)
class Rules:
    """The policy that is searched, in whole ticks, and the most calls at once."""

    failures: int = 3
    successes: int = 2
    probes: int = 2
    open_s: int = 2
    lease_s: int = 3
    calls: int = 6

    @cached_property
    def policy(self) -> BreakerPolicy:
        """The rules as a policy; checked once, since thousands of breakers are made."""
        return BreakerPolicy(
            failures=self.failures,
            successes=self.successes,
            probes=self.probes,
            open_s=self.open_s,
            lease_s=self.lease_s,
        )


class View(NamedTuple):
    """All of a breaker that decides what it does next, read without touching it."""

    kind: str
    failures: int
    successes: int
    until: float | None
    leases: tuple[float, ...]


class Call:
    """A call that was let through; ending it a second time is a second vote."""

    def end(self, vote: Vote) -> None:
        """End it like this."""
        raise NotImplementedError


class Subject:
    """A breaker under search.

    Attributes:
        edges: the state changes that it emitted; None for one that emits nothing.
        leases: True if a probe that never returns counts as failed some day.
        votes_twice: True if a call can be ended twice at all.
    """

    edges: list[tuple[str, str]] | None = None
    leases = True
    votes_twice = False

    def __init__(self, rules: Rules) -> None:
        self.clock = FakeClock()

    def start(self) -> Call | None:
        """A new call; None if it isn't let through."""
        raise NotImplementedError

    def look(self) -> None:
        """Look at it, as `/health` does."""

    def view(self) -> View:
        """All of it, untouched."""
        raise NotImplementedError


class PermittedCall(Call):
    """A call that only its permit knows of."""

    def __init__(self, permit: Permit) -> None:
        self._permit = permit

    def end(self, vote: Vote) -> None:
        """Settle the permit."""
        getattr(self._permit, vote)()


class WrappedCall(Call):
    """A coroutine that stands where the wire would be, until the search says how that ended."""

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._coroutine = coroutine
        coroutine.send(None)

    def end(self, vote: Vote) -> None:
        """Let the coroutine go on, or raise in it."""
        try:
            if vote == "success":
                self._coroutine.send(None)
            elif vote == "failure":
                self._coroutine.throw(Unavailable())
            else:
                self._coroutine.throw(asyncio.CancelledError())
        except (StopIteration, Unavailable, asyncio.CancelledError):
            return
        raise AssertionError("the call goes on after its end")


@types.coroutine
def _wire() -> Generator[None, None, None]:
    yield


async def _request() -> None:
    await _wire()


class ByPermit(Subject):
    """The real class, driven by its permits."""

    votes_twice = True

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self.breaker = CircuitBreaker(rules.policy, clock=self.clock)
        self.edges: list[tuple[str, str]] = []
        self.breaker.listen(self._heard)

    def _heard(self, event: object) -> None:
        if isinstance(event, StateChanged):
            self.edges.append((event.before, event.after))

    def start(self) -> Call | None:
        """A permit, or None."""
        permit = self.breaker.try_acquire()
        return None if permit is None else PermittedCall(permit)

    def look(self) -> None:
        """A snapshot."""
        self.breaker.snapshot()

    def view(self) -> View:
        """Its fields."""
        state = self.breaker.current
        return View(
            kind=str(state.kind),
            failures=state.failures,
            successes=state.successes if isinstance(state, HalfOpenState) else 0,
            until=state.until if isinstance(state, OpenState) else None,
            leases=tuple(sorted(state.leases.values())) if isinstance(state, HalfOpenState) else (),
        )


class ByCall(ByPermit):
    """The real class, driven through the function that it wraps around a call."""

    votes_twice = False

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self._call: Callable[[], Any] = self.breaker.wrap(_request)

    def start(self) -> Call | None:
        """A coroutine that has come to the wire, or None."""
        try:
            return WrappedCall(self._call())
        except CircuitOpen:
            return None


class Design(Subject):
    """The design's breaker, driven through its `execute`."""

    leases = False

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self.breaker = DesignBreaker(rules.failures, rules.open_s, rules.successes, self.clock)

    def start(self) -> Call | None:
        """A coroutine that has come to the wire, or None."""
        try:
            return WrappedCall(self.breaker.execute(_request))
        except DesignOpenError:
            return None

    def view(self) -> View:
        """Its fields."""
        breaker = self.breaker
        is_open = breaker.state == "open"
        until = breaker.last_failure_time + breaker.recovery_timeout_s
        return View(
            kind=breaker.state,
            failures=breaker.failure_count,
            successes=breaker.success_count if breaker.state == "half_open" else 0,
            until=until if is_open else None,
            leases=(),
        )
