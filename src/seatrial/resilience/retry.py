"""Tries a call again where that is safe, may help, fits the deadline, and is in the budget."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from functools import wraps

import httpx

from seatrial.resilience.budget import RetryBudget
from seatrial.resilience.deadline import Deadline, until
from seatrial.resilience.errors import NotSent, OutOfTime, ProviderFailed, ServiceError, TimedOut
from seatrial.resilience.events import Events, GaveUp, GivingUp, Listener, Retried
from seatrial.resilience.http import may_repeat
from seatrial.resilience.operation import ANONYMOUS, Clock, Operation, P, T
from seatrial.resilience.outcome import Outcome, outcome_of
from seatrial.resilience.policies import RetryPolicy


def retryable(error: Exception) -> bool:
    """Whether another try may help: the provider failed, or the wire did; never "circuit open"."""
    if isinstance(error, ServiceError):
        return isinstance(error, ProviderFailed)
    known = isinstance(error, (httpx.TransportError, httpx.HTTPStatusError, OSError))
    return known and outcome_of(error) is Outcome.FAILURE


class Retry:
    """Repeats a call; each try has its own timeout, and the call as a whole a deadline.

    Args:
        policy: how often, when, and how long.
        clock: seconds that never go back.
        sleep: how to wait so many seconds.
        draw: a random number from 0 to 1, for the jitter.
        budget: to share one among clients; else the policy's own is made.
        events: where retries are told; its own unless given.
        worth: whether another try may help after this error.
    """

    __slots__ = ("_clock", "_draw", "_sleep", "_worth", "budget", "events", "policy", "retried")

    def __init__(
        self,
        policy: RetryPolicy | None = None,
        *,
        clock: Clock = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[], float] = random.random,
        budget: RetryBudget | None = None,
        events: Events | None = None,
        worth: Callable[[Exception], bool] = retryable,
    ) -> None:
        self.policy = policy or RetryPolicy()
        if budget is None and self.policy.budget is not None:
            budget = RetryBudget(self.policy.budget, clock=clock)
        self.budget = budget
        self.events = events or Events()
        self.retried = 0
        self._clock = clock
        self._sleep = sleep
        self._draw = draw
        self._worth = worth

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of retries and of giving up; returns what ends that."""
        return self.events.listen(listener)

    def wrap(
        self, call: Callable[P, Awaitable[T]], operation: Operation = ANONYMOUS
    ) -> Callable[P, Awaitable[T]]:
        """The same call, repeated as the policy says."""

        @wraps(call)
        async def retried(*args: P.args, **kwargs: P.kwargs) -> T:
            if self.budget is not None:
                self.budget.call()
            total_s = self.policy.total_s
            own = None if total_s is None else Deadline.after(total_s, self._clock)
            with until(own) as deadline:
                attempt = 1
                while True:
                    try:
                        return await self._try(call, operation, deadline, attempt, *args, **kwargs)
                    except Exception as error:
                        wait_s = self._wait_after(error, attempt, operation, deadline)
                        if wait_s is None:
                            raise
                    await self._sleep(wait_s)
                    attempt += 1

        return retried

    async def _try(
        self,
        call: Callable[P, Awaitable[T]],
        operation: Operation,
        deadline: Deadline | None,
        attempt: int,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        left_s = None if deadline is None else deadline.remaining_s()
        if left_s == 0:
            raise self._out_of_time(operation, attempt)
        timeout_s = self.policy.try_timeout_s
        if timeout_s is None:
            return await call(*args, **kwargs)
        bound_s = timeout_s if left_s is None else min(timeout_s, left_s)
        try:
            async with asyncio.timeout(bound_s) as timer:
                return await call(*args, **kwargs)
        except TimeoutError as error:
            if not timer.expired():
                raise
            raise TimedOut(
                f"no whole answer within {bound_s:.3g} s", repeatable=operation.repeatable
            ) from error

    def _out_of_time(self, operation: Operation, attempt: int) -> ServiceError:
        return OutOfTime()

    def _wait_after(
        self, error: Exception, attempt: int, operation: Operation, deadline: Deadline | None
    ) -> float | None:
        """Seconds to wait before the next try, or None to let the error through."""
        if isinstance(error, ServiceError):
            operation.sign(error)
            error.attempts = attempt - isinstance(error, NotSent)
        if not self._worth(error):
            return None
        asked_s = getattr(error, "retry_after_s", None)
        wait_s = self.policy.backoff(attempt)
        if self.policy.jitter == "full":
            wait_s *= self._draw()
        wait_s = max(wait_s, asked_s or 0.0)
        room_s = deadline.remaining_s() if deadline is not None else self.policy.cap_s
        reason: GivingUp | None = None
        if not (operation.repeatable and may_repeat(error)):
            reason = "not_repeatable"
        elif attempt >= self.policy.attempts:
            reason = "attempts"
        elif asked_s is not None and asked_s >= room_s:
            reason = "retry_after"
        elif deadline is not None and wait_s >= room_s:
            reason = "deadline"
        elif self.budget is not None and not self.budget.take():
            reason = "budget"
        if reason is not None:
            if self.events.listeners:
                self.events.tell(GaveUp(operation, attempt, reason, error))
            return None
        self.retried += 1
        if self.events.listeners:
            self.events.tell(Retried(operation, attempt, wait_s, error))
        return wait_s
