"""Repeats a call where that is safe, may help, fits the deadline, and is in the budget."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any

import httpx

from seatrial.resilience._attempt import TimedAttempt
from seatrial.resilience.budget import RetryBudget
from seatrial.resilience.classification import Classification, classify
from seatrial.resilience.deadline import Deadline, deadline_scope
from seatrial.resilience.errors import NotSent, ProviderFailed, ServiceError
from seatrial.resilience.events import Events, GaveUp, GivingUp, Listener, Retried
from seatrial.resilience.http import asked_wait_s, may_repeat
from seatrial.resilience.operation import ANONYMOUS, AsyncCall, Clock, Operation, P, T, WrappedCall
from seatrial.resilience.policies import RetryPolicy


def retryable(error: Exception) -> bool:
    """Return True if another attempt may help: provider or wire failed; never "circuit open"."""
    if isinstance(error, ServiceError):
        return isinstance(error, ProviderFailed)
    known = isinstance(error, (httpx.TransportError, httpx.HTTPStatusError, OSError))
    return known and classify(error) is Classification.FAILURE


class Retry:
    """Repeats a call; each attempt has its own timeout, and the call as a whole a deadline.

    Args:
        policy: how often, when, and how long.
        clock: seconds that never go back.
        sleep: waits for a number of seconds.
        rng: returns a random number from 0 to 1, for the jitter.
        budget: to share one among clients; else the policy's own is made.
        events: where retries are emitted; its own unless given.
        retry_on: returns True for an error after which another attempt may help.

    Attributes:
        retried: attempts after the first, ever.
    """

    __slots__ = ("_clock", "_retry_on", "_rng", "_sleep", "budget", "events", "policy", "retried")

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        *,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Callable[[], float] = random.random,
        budget: RetryBudget | None = None,
        events: Events | None = None,
        retry_on: Callable[[Exception], bool] = retryable,
    ) -> None:
        self.policy = policy or RetryPolicy()
        if budget is None and self.policy.budget is not None:
            budget = RetryBudget(self.policy.budget, clock=clock)
        self.budget = budget
        self.events = events if events is not None else Events()
        self.retried = 0
        self._clock = clock
        self._sleep = sleep
        self._rng = rng
        self._retry_on = retry_on

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with retries and giving up; return a function that ends that."""
        return self.events.listen(listener)

    def wrap(self, call: AsyncCall[P, T], operation: Operation = ANONYMOUS) -> WrappedCall[P, T]:
        """Return the same call, repeated as the policy says.

        Raises:
            OutOfTime: the caller's deadline had passed before the first attempt.
            TimedOut: the last attempt was aborted by its timer.
            CutShort: the last attempt was aborted by the caller's deadline, before its timer.
            Exception: what else the last attempt ended with.
        """
        timeout_s = self.policy.attempt_timeout_s
        if timeout_s is None:
            return self._untimed(call, operation)
        return self._timed(call, operation, timeout_s)

    def _timed(
        self, call: AsyncCall[P, T], operation: Operation, timeout_s: float
    ) -> WrappedCall[P, T]:
        """Return the call, each attempt under a timer and all under the call's deadline."""
        clock, budget = self._clock, self.budget

        @wraps(call)
        async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
            began_s = clock()
            if budget is not None:
                budget.call(began_s)
            own = self._own_deadline(began_s)
            attempt = 0
            with deadline_scope(own) as deadline:
                while True:
                    attempt += 1
                    try:
                        with TimedAttempt(timeout_s, deadline, is_callers=deadline is not own):
                            return await call(*args, **kwargs)
                    except Exception as error:
                        if not await self._pause(error, attempt, operation, deadline):
                            raise

        return repeated

    def _untimed(self, call: AsyncCall[P, T], operation: Operation) -> WrappedCall[P, T]:
        """Return the call without timers, its deadline looked at between attempts."""
        clock, budget = self._clock, self.budget

        @wraps(call)
        async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
            began_s = clock()
            if budget is not None:
                budget.call(began_s)
            try:
                return await call(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - raised unless another attempt helps
                return await self._again(call, operation, error, began_s, args, kwargs)

        return repeated

    async def _again(
        self,
        call: AsyncCall[..., T],
        operation: Operation,
        error: Exception,
        began_s: float,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> T:
        """Make the second attempt and those after it; the first ended with `error`."""
        attempt = 1
        with deadline_scope(self._own_deadline(began_s)) as deadline:
            while await self._pause(error, attempt, operation, deadline):
                attempt += 1
                try:
                    return await call(*args, **kwargs)
                except Exception as failed:  # noqa: BLE001 - raised unless another attempt helps
                    error = failed
            raise error

    async def _pause(
        self, error: Exception, attempt: int, operation: Operation, deadline: Deadline | None
    ) -> bool:
        """Wait until the next attempt; return False if there will be none."""
        if isinstance(error, ServiceError):
            operation.annotate(error)
            error.attempts = attempt - isinstance(error, NotSent)
        if not self._retry_on(error):
            return False
        asked_s = asked_wait_s(error)
        wait_s = self.policy.backoff(attempt)
        if self.policy.jitter == "full":
            wait_s *= self._rng()
        wait_s = max(wait_s, asked_s or 0.0)
        reason = self._why_not(error, attempt, operation, deadline, wait_s)
        if reason is not None:
            if self.events.listeners:
                self.events.emit(GaveUp(operation, attempt, reason, error))
            return False
        self.retried += 1
        if self.events.listeners:
            self.events.emit(Retried(operation, attempt, wait_s, error))
        await self._sleep(wait_s)
        return deadline is None or not deadline.passed

    def _why_not(
        self,
        error: Exception,
        attempt: int,
        operation: Operation,
        deadline: Deadline | None,
        wait_s: float,
    ) -> GivingUp | None:
        """Return why there is no next attempt; None takes one from the budget."""
        asked_s = asked_wait_s(error)
        room_s = self.policy.cap_s if deadline is None else deadline.remaining_s()
        if not (operation.repeatable and may_repeat(error)):
            return "not_repeatable"
        if attempt >= self.policy.attempts:
            return "attempts"
        if asked_s is not None and asked_s >= room_s:
            return "retry_after"
        if deadline is not None and wait_s >= room_s:
            return "deadline"
        if self.budget is not None and not self.budget.take():
            return "budget"
        return None

    def _own_deadline(self, began_s: float) -> Deadline | None:
        deadline_s = self.policy.deadline_s
        return None if deadline_s is None else Deadline(began_s + deadline_s, self._clock)
