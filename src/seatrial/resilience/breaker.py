"""The circuit breaker: holds the current state, emits its changes, and wraps calls.

The states and their rules are in `_states`; this is what they have in common. A breaker belongs to
one event loop and isn't shared between threads.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from seatrial.resilience._states import (
    REFUSED,
    BreakerState,
    CircuitState,
    ClosedState,
    HalfOpenState,
    IsolatedState,
    OpenState,
)
from seatrial.resilience._window import WindowedClosedState
from seatrial.resilience.classification import Classification, classify
from seatrial.resilience.errors import CircuitOpen, ServiceError
from seatrial.resilience.events import CallRefused, Events, Listener, StateChanged
from seatrial.resilience.operation import ANONYMOUS, AsyncCall, Clock, Operation, P, T, WrappedCall
from seatrial.resilience.policies import BreakerPolicy


@dataclass(frozen=True, slots=True)
class BreakerSnapshot:
    """A breaker at one moment, for `/health` and `/metrics`.

    Attributes:
        name: the breaker's.
        state: the state by name.
        failures: consecutive failures since it entered the state.
        retry_after_s: seconds until asking makes sense again; 0 when it does now.
        opened: how often it opened.
        refused: calls that it didn't let through.
        stale: results that came after the state that admitted their call, and changed nothing.
    """

    name: str
    state: CircuitState
    failures: int
    retry_after_s: float
    opened: int
    refused: int
    stale: int


class Permit:
    """Permission to make one call, to be settled once: a second vote only counts as stale."""

    __slots__ = ("_breaker", "_state", "_ticket")

    def __init__(self, breaker: CircuitBreaker, ticket: int) -> None:
        self._breaker = breaker
        self._state: BreakerState = breaker.current
        self._ticket: int | None = ticket

    def success(self) -> None:
        """Record that the provider answered."""
        if (ticket := self._take()) is not None:
            self._state.success(ticket)

    def failure(self) -> None:
        """Record that the provider failed."""
        if (ticket := self._take()) is not None:
            self._state.failure(ticket)

    def cancel(self) -> None:
        """Record that the caller gave up; nothing is known about the provider."""
        if (ticket := self._take()) is not None:
            self._state.cancel(ticket)

    def _take(self) -> int | None:
        ticket, self._ticket = self._ticket, None
        if ticket is None:
            self._breaker.stale += 1
        return ticket


class CircuitBreaker:
    """Stops calls to a provider that fails, and lets a few probes find out when it recovers.

    Args:
        policy: when to open, for how long, and what closes it.
        name: the provider's name, in errors and events.
        clock: seconds that never go back.
        rng: returns a random number from 0 to 1, for the jitter of the open time.
        events: where changes and refusals are emitted; its own unless given.
        classify: what an error says about the provider.

    Attributes:
        current: the state that it is in; only its states and tests look at it.
        opened: how often it opened.
        refused: calls that it didn't let through.
        stale: results that came too late to count.
    """

    __slots__ = (
        "_classify",
        "_open_for_s",
        "_rng",
        "clock",
        "current",
        "events",
        "name",
        "opened",
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
        rng: Callable[[], float] = random.random,
        events: Events | None = None,
        classify: Callable[[BaseException], Classification] = classify,
    ) -> None:
        self.policy = policy or BreakerPolicy()
        self.name = name
        self.clock = clock
        self.events = events if events is not None else Events()
        self.opened = self.refused = self.stale = 0
        self._rng = rng
        self._classify = classify
        self._open_for_s = self.policy.open_s
        self.current: BreakerState = self._closed()

    @property
    def state(self) -> CircuitState:
        """The state now; a probe whose lease has run out by now has failed."""
        self.current.catch_up(self.clock())
        return self.current.kind

    def snapshot(self) -> BreakerSnapshot:
        """Return everything worth showing, at this moment."""
        now = self.clock()
        self.current.catch_up(now)
        return BreakerSnapshot(
            name=self.name,
            state=self.current.kind,
            failures=self.current.failures,
            retry_after_s=self.current.retry_after_s(now),
            opened=self.opened,
            refused=self.refused,
            stale=self.stale,
        )

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with changes and refusals; return a function that ends that."""
        return self.events.listen(listener)

    def try_acquire(self) -> Permit | None:
        """Return a permit to make a call, or None while nothing is let through.

        A refusal is counted, but not emitted, and makes no object.
        """
        ticket = self.current.admit()
        if ticket == REFUSED:
            self.refused += 1
            return None
        return Permit(self, ticket)

    def acquire(self, operation: Operation = ANONYMOUS) -> Permit:
        """Return a permit to make a call.

        Raises:
            CircuitOpen: nothing is let through now.
        """
        ticket = self.current.admit()
        if ticket == REFUSED:
            raise self._refusal(operation)
        return Permit(self, ticket)

    def wrap(self, call: AsyncCall[P, T], operation: Operation = ANONYMOUS) -> WrappedCall[P, T]:
        """Return the same call behind this breaker.

        Raises:
            CircuitOpen: (the returned call) nothing is let through now.
        """

        @wraps(call)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            state = self.current
            ticket = 0
            if not state.is_quiet:
                ticket = state.admit()
                if ticket == REFUSED:
                    raise self._refusal(operation)
                state = self.current  # an open one may have let the call through as a probe
            try:
                result = await call(*args, **kwargs)
            except BaseException as error:
                self._record(state, ticket, error, operation)
                raise
            if not state.is_quiet:
                state.success(ticket)
            return result

        return guarded

    def force_open(self) -> None:
        """Isolate the provider by hand: nothing is let through until `force_close`."""
        if self.current.kind is not CircuitState.ISOLATED:
            self._enter(IsolatedState(self), self.clock(), "by hand")

    def force_close(self) -> None:
        """Close by hand, from whatever state."""
        self.current.catch_up(self.clock())
        if self.current.kind is not CircuitState.CLOSED:
            self.close(self.clock(), "by hand")

    def open(self, at_s: float, reason: str) -> None:
        """Open as of `at_s`; for the states, not for users."""
        open_s = self._open_for_s
        self._open_for_s = min(self.policy.longest_open_s, open_s * self.policy.growth)
        if self.policy.jitter:
            open_s *= 1.0 - self.policy.jitter * self._rng()
        self.opened += 1
        self._enter(OpenState(self, at_s, open_s), at_s, reason)

    def half_open(self, at_s: float) -> None:
        """Begin to probe; for the states, not for users."""
        self._enter(HalfOpenState(self), at_s, "time to probe")

    def close(self, at_s: float, reason: str) -> None:
        """Close as of `at_s`, and forget how often it opened; for the states, not for users."""
        self._open_for_s = self.policy.open_s
        self._enter(self._closed(), at_s, reason)

    def _enter(self, state: BreakerState, at_s: float, reason: str) -> None:
        before, self.current = self.current, state
        before.is_quiet = False  # a late result must be reported, to be counted as stale
        if self.events.listeners:
            until_s = state.until if state.kind is CircuitState.OPEN else None
            self.events.emit(
                StateChanged(self.name, before.kind, state.kind, reason, at_s, until_s)
            )

    def _closed(self) -> BreakerState:
        window = self.policy.window
        return ClosedState(self) if window is None else WindowedClosedState(self, window)

    def _record(
        self, state: BreakerState, ticket: int, error: BaseException, operation: Operation
    ) -> None:
        """Record in the state that admitted it how a call ended that raised."""
        if isinstance(error, ServiceError):
            operation.annotate(error)
        classification = self._classify(error)
        if classification is Classification.FAILURE:
            state.failure(ticket)
        elif classification is Classification.SUCCESS:
            state.success(ticket)
        else:
            state.cancel(ticket)

    def _refusal(self, operation: Operation) -> CircuitOpen:
        """Count and emit a refusal, and return its error."""
        self.refused += 1
        wait_s = self.current.retry_after_s(self.clock())
        if self.events.listeners:
            self.events.emit(CallRefused(self.name, self.current.kind, operation, wait_s))
        return CircuitOpen(
            retry_after_s=wait_s,
            service=operation.service or self.name,
            operation=operation.name,
            trace_id=operation.trace_id(),
        )
