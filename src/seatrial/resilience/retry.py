"""Tries a call again where that is safe, may help, fits the deadline, and is in the budget."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any

import httpx

from seatrial.resilience import strands
from seatrial.resilience.budget import RetryBudget
from seatrial.resilience.deadline import Deadline, until
from seatrial.resilience.errors import (
    CutShort,
    NotSent,
    OutOfTime,
    ProviderFailed,
    ServiceError,
    TimedOut,
)
from seatrial.resilience.events import Events, GaveUp, GivingUp, Listener, Retried
from seatrial.resilience.http import Try, asked_wait_s, may_repeat
from seatrial.resilience.operation import ANONYMOUS, Call, Clock, Operation, P, T, Wrapped
from seatrial.resilience.outcome import Outcome, outcome_of
from seatrial.resilience.policies import RetryPolicy
from seatrial.resilience.weave import AnyCall, Strand, weave


def retryable(error: Exception) -> bool:
    """Whether another try may help: the provider failed, or the wire did; never "circuit open"."""
    if isinstance(error, ServiceError):
        return isinstance(error, ProviderFailed)
    known = isinstance(error, (httpx.TransportError, httpx.HTTPStatusError, OSError))
    return known and outcome_of(error) is Outcome.FAILURE


@dataclass(frozen=True, slots=True)
class _Run:
    """A call that is being tried.

    Attributes:
        deadline: when it must end.
        is_callers: whether that is the caller's deadline, and not the policy's own.
    """

    call: AnyCall
    operation: Operation
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    deadline: Deadline | None
    is_callers: bool


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

    Attributes:
        retried: tries after the first, ever.
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
        self.events = events if events is not None else Events()
        self.retried = 0
        self._clock = clock
        self._sleep = sleep
        self._draw = draw
        self._worth = worth

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear of retries and of giving up; returns what ends that."""
        return self.events.listen(listener)

    def wrap(self, call: Call[P, T], operation: Operation = ANONYMOUS) -> Wrapped[P, T]:
        """The same call, repeated as the policy says.

        Raises:
            OutOfTime: the caller's deadline had passed before the first try.
            TimedOut: the last try was aborted by its timer.
            CutShort: the last try was aborted by the caller's deadline, before its timer.
            Exception: what else the last try ended with.
        """
        return weave((self,), call, operation)

    def strand(self, inner: AnyCall, operation: Operation) -> Strand:
        """What a call does here whose first try goes well; for `weave`."""
        if self.policy.try_timeout_s is not None:
            return Strand(strands.RETRY_TIMED, {"timed_": partial(self._timed, inner, operation)})
        names = {
            "again_": partial(self._again, inner, operation),
            "budget_": self.budget,
            "clock_": self._clock,
        }
        text = strands.RETRY if self.budget is None else strands.RETRY_IN_BUDGET
        return Strand(text, names)

    async def _timed(
        self, call: AnyCall, operation: Operation, /, *args: Any, **kwargs: Any
    ) -> Any:
        """The call from its first try on, each of them under a timer."""
        if self.budget is not None:
            self.budget.call()
        own = self._own_deadline(self._clock())
        with until(own) as deadline:
            run = _Run(call, operation, args, kwargs, deadline, deadline is not own)
            return await self._tries(run, 1)

    async def _again(
        self,
        call: AnyCall,
        operation: Operation,
        error: Exception,
        began: float,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """The call from its second try on, after the first one ended with `error`."""
        own = self._own_deadline(began)
        with until(own) as deadline:
            if not await self._pause(error, 1, operation, deadline):
                raise error
            run = _Run(call, operation, args, kwargs, deadline, deadline is not own)
            return await self._tries(run, 2)

    async def _tries(self, run: _Run, attempt: int) -> Any:
        while True:
            try:
                return await self._try(run)
            except Exception as error:
                if not await self._pause(error, attempt, run.operation, run.deadline):
                    raise
            attempt += 1

    async def _try(self, run: _Run) -> Any:
        bound_s = self.policy.try_timeout_s
        if bound_s is None:
            return await run.call(*run.args, **run.kwargs)
        left_s = inf if run.deadline is None else run.deadline.remaining_s()
        if not left_s:
            raise OutOfTime("out of time: the caller's deadline has passed")
        with Try() as this:
            try:
                async with asyncio.timeout(min(bound_s, left_s)) as timer:
                    return await run.call(*run.args, **run.kwargs)
            except TimeoutError as error:
                if not timer.expired():
                    raise
                kind: type[ServiceError] = TimedOut
                if run.is_callers and left_s < bound_s:
                    kind = CutShort
                reason = f"{kind.reason}: no whole answer within {min(bound_s, left_s):.3g} s"
                raise kind(reason, repeatable=this.repeatable) from error

    async def _pause(
        self, error: Exception, attempt: int, operation: Operation, deadline: Deadline | None
    ) -> bool:
        """Wait until the next try; False if there will be none."""
        if isinstance(error, ServiceError):
            operation.sign(error)
            error.attempts = attempt - isinstance(error, NotSent)
        if not self._worth(error):
            return False
        asked_s = asked_wait_s(error)
        wait_s = self.policy.backoff(attempt)
        if self.policy.jitter == "full":
            wait_s *= self._draw()
        wait_s = max(wait_s, asked_s or 0.0)
        reason = self._why_not(error, attempt, operation, deadline, wait_s)
        if reason is not None:
            if self.events.listeners:
                self.events.tell(GaveUp(operation, attempt, reason, error))
            return False
        self.retried += 1
        if self.events.listeners:
            self.events.tell(Retried(operation, attempt, wait_s, error))
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
        """Why there is no next try; None if there is one, which is then taken from the budget."""
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

    def _own_deadline(self, began: float) -> Deadline | None:
        total_s = self.policy.total_s
        return None if total_s is None else Deadline(began + total_s, self._clock)
