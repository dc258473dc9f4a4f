"""One attempt: its timer, and what the request in it reports to the retry around it."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from math import inf

from seatrial.resilience.deadline import Deadline
from seatrial.resilience.errors import CutShort, OutOfTime, ServiceError, TimedOut


class TimedAttempt:
    """Aborts a block when its time is over, and then raises whose time that was.

    It does what `asyncio.timeout` does, by the same rules for cancellation, at half the cost: it is
    entered without coroutines, and no second object has to report `repeatable`.

    Args:
        timeout_s: the attempt's own time.
        deadline: the call's, or its caller's.
        is_callers: True if the deadline is the caller's, and not the policy's own.

    Attributes:
        repeatable: False once something was sent that mustn't be sent twice. When a timer aborts
            an attempt, no error comes out of the request that could say so itself.

    Raises:
        OutOfTime: the deadline had passed before.
        TimedOut: the block was aborted.
        CutShort: it was aborted by the caller's deadline, before its own time was over.
    """

    __slots__ = (
        "_cancelling",
        "_deadline",
        "_handle",
        "_is_callers",
        "_is_expired",
        "_kind",
        "_task",
        "_timeout_s",
        "_token",
        "repeatable",
    )

    def __init__(self, timeout_s: float, deadline: Deadline | None, *, is_callers: bool) -> None:
        self._timeout_s = timeout_s
        self._deadline = deadline
        self._is_callers = is_callers
        self._is_expired = False
        self._kind: type[ServiceError] = TimedOut
        self.repeatable = True

    def __enter__(self) -> None:
        left_s = inf if self._deadline is None else self._deadline.remaining_s()
        if not left_s:
            raise OutOfTime("out of time: the caller's deadline has passed")
        if left_s < self._timeout_s:
            self._timeout_s = left_s
            self._kind = CutShort if self._is_callers else TimedOut
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._handle = asyncio.get_running_loop().call_later(self._timeout_s, self._expire)
        self._token = _current.set(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        _current.reset(self._token)
        self._handle.cancel()
        if not self._is_expired or self._task.uncancel() > self._cancelling:
            return  # in time, or somebody else cancels the task too
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            reason = f"{self._kind.reason}: no whole answer within {self._timeout_s:.3g} s"
            raise self._kind(reason, repeatable=self.repeatable) from error

    def _expire(self) -> None:
        self._is_expired = True
        self._task.cancel()


_current: ContextVar[TimedAttempt | None] = ContextVar("seatrial_attempt", default=None)


def mark_sent(*, can_repeat: bool) -> None:
    """Report to the attempt around this, if any, whether what is now sent may be sent again."""
    attempt = _current.get()
    if attempt is not None and not can_repeat:
        attempt.repeatable = False
