"""The circuit breaker: holds the current period, tells of changes, and wraps calls.

The states and their rules are in `periods`; this is what they have in common. A breaker belongs to
one event loop and isn't shared between threads.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from seatrial.resilience import strands
from seatrial.resilience.errors import CircuitOpen, ServiceError
from seatrial.resilience.events import CallRefused, Events, Listener, StateChanged
from seatrial.resilience.operation import ANONYMOUS, Call, Clock, Operation, P, T, Wrapped
from seatrial.resilience.outcome import Outcome, outcome_of
from seatrial.resilience.periods import REFUSED, Closed, Isolated, Open, Period, State
from seatrial.resilience.policies import BreakerPolicy
from seatrial.resilience.weave import AnyCall, Strand, weave
from seatrial.resilience.window import Watched


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """A breaker at one moment, for `/health` and `/metrics`.

    Attributes:
        name: the breaker's.
        state: the state by name.
        failures: consecutive failures in this period.
        retry_after_s: seconds until asking makes sense again; 0 when it does now.
        opened: how often it opened.
        refused: calls that it didn't let through.
        stale: results that came after their period, and changed nothing.
    """

    name: str
    state: State
    failures: int
    retry_after_s: float
    opened: int
    refused: int
    stale: int


class Permit:
    """Leave to make one call, to be settled once: a second vote only counts as stale."""

    __slots__ = ("_period", "_ticket")

    def __init__(self, period: Period, ticket: int) -> None:
        self._period: Period = period
        self._ticket: int | None = ticket

    def success(self) -> None:
        """The provider answered."""
        if (ticket := self._take()) is not None:
            self._period.success(ticket)

    def failure(self) -> None:
        """The provider failed."""
        if (ticket := self._take()) is not None:
            self._period.failure(ticket)

    def cancel(self) -> None:
        """The caller gave up; nothing is known about the provider."""
        if (ticket := self._take()) is not None:
            self._period.cancel(ticket)

    def _take(self) -> int | None:
        ticket, self._ticket = self._ticket, None
        if ticket is None:
            self._period.breaker.stale += 1
        return ticket


class CircuitBreaker:
    """Stops calls to a provider that fails, and lets a few probes find out when it recovers.

    Args:
        policy: when to open, for how long, and what closes it.
        name: the provider's name, in errors and events.
        clock: seconds that never go back.
        draw: a random number from 0 to 1, for the jitter of the open time.
        events: where changes and refusals are told; its own unless given.
        judge: what an error says about the provider.
    """

    __slots__ = (
        "_judge",
        "_open_for_s",
        "clock",
        "draw",
        "events",
        "name",
        "opened",
        "period",
        "policy",
        "refused",
        "stale",
    )

    def __init__(
        self,
        policy: BreakerPolicy | None = None,
        *,
        name: str = "",
        clock: Clock = time.monotonic,
        draw: Callable[[], float] = random.random,
        events: Events | None = None,
        judge: Callable[[BaseException], Outcome] = outcome_of,
    ) -> None:
        self.policy = policy or BreakerPolicy()
        self.name = name
        self.clock = clock
        self.draw = draw
        self.events = events if events is not None else Events()
        self.opened = self.refused = self.stale = 0
        self._judge = judge
        self._open_for_s = self.policy.open_s
        self.period: Period = self._closed()

    @property
    def state(self) -> State:
        """The state now; a probe whose lease has run out by now has failed."""
        self.period.look(self.clock())
        return self.period.kind

    def snapshot(self) -> BreakerSnapshot:
        """Everything worth showing, at this moment."""
        now = self.clock()
        self.period.look(now)
        return BreakerSnapshot(
            name=self.name,
            state=self.period.kind,
            failures=self.period.failures,
            retry_after_s=self.period.retry_after(now),
            opened=self.opened,
            refused=self.refused,
            stale=self.stale,
        )

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of changes and refusals; returns what ends that."""
        return self.events.listen(listener)

    def try_acquire(self) -> Permit | None:
        """A permit to make a call, or None while nothing is let through.

        A refusal is counted, but not told, and makes no object.
        """
        ticket = self.period.admit()
        if ticket == REFUSED:
            self.refused += 1
            return None
        return Permit(self.period, ticket)

    def acquire(self, operation: Operation = ANONYMOUS) -> Permit:
        """A permit to make a call.

        Raises:
            CircuitOpen: nothing is let through now.
        """
        ticket = self.period.admit()
        if ticket == REFUSED:
            raise self.refusal(operation)
        return Permit(self.period, ticket)

    def wrap(self, call: Call[P, T], operation: Operation = ANONYMOUS) -> Wrapped[P, T]:
        """The same call behind this breaker; raises CircuitOpen where nothing is let through."""
        return weave((self,), call, operation)

    def strand(self, inner: AnyCall, operation: Operation) -> Strand:
        """What a call does here that nothing hinders; for `weave`."""
        names = {"breaker_": self, "operation_": operation}
        if self.policy.window is None:
            return Strand(strands.BREAKER, names)
        return Strand(strands.WATCHING_BREAKER, {**names, "clock_": self.clock})

    def force_open(self) -> None:
        """Isolate the provider by hand: nothing is let through until `force_close`."""
        if self.period.kind is not State.ISOLATED:
            self.move(Isolated(self), self.clock(), "by hand")

    def force_close(self) -> None:
        """Close by hand, from whatever state."""
        self.period.look(self.clock())
        if self.period.kind is not State.CLOSED:
            self.close(self.clock(), "by hand")

    def open(self, at_s: float, reason: str) -> None:
        """Open as of `at_s`; for the periods, not for users."""
        open_s = self._open_for_s
        self._open_for_s = min(self.policy.longest_open_s, open_s * self.policy.growth)
        if self.policy.jitter:
            open_s *= 1.0 - self.policy.jitter * self.draw()
        self.opened += 1
        self.move(Open(self, at_s, open_s), at_s, reason)

    def close(self, at_s: float, reason: str) -> None:
        """Close as of `at_s`, and forget how often it opened; for the periods, not for users."""
        self._open_for_s = self.policy.open_s
        self.move(self._closed(), at_s, reason)

    def move(self, period: Period, at_s: float, reason: str) -> None:
        """Begin another period; for the periods, not for users."""
        before, self.period = self.period, period
        before.alert = 1  # what comes late must be told of, to be counted as stale
        if self.events.listeners:
            until_s = period.until if period.kind is State.OPEN else None
            self.events.tell(
                StateChanged(self.name, before.kind, period.kind, reason, at_s, until_s)
            )

    def _closed(self) -> Period:
        rule = self.policy.window
        return Closed(self) if rule is None else Watched(self, rule)

    def settle(
        self, period: Period, ticket: int, error: BaseException, operation: Operation
    ) -> None:
        """Tell a period how a call of it ended that raised; for the strand, not for users."""
        if isinstance(error, ServiceError):
            operation.sign(error)
        outcome = self._judge(error)
        if outcome is Outcome.FAILURE:
            period.failure(ticket)
        elif outcome is Outcome.SUCCESS:
            period.success(ticket)
        else:
            period.cancel(ticket)

    def refusal(self, operation: Operation) -> CircuitOpen:
        """Count a refusal, and make its error; for the strand, not for users."""
        self.refused += 1
        wait_s = self.period.retry_after(self.clock())
        if self.events.listeners:
            self.events.tell(CallRefused(self.name, self.period.kind, operation, wait_s))
        return CircuitOpen(
            retry_after_s=wait_s,
            service=operation.service or self.name,
            operation=operation.name,
            trace_id=operation.trace_id(),
        )
