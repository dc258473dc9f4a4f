"""The errors of a call to another service, as a tree.

ServiceError
├── ProviderFailed        the provider failed, as far as can be seen: a failure for a breaker
│   ├── Unavailable       refused, reset, or a 5xx
│   ├── TimedOut          no whole answer within the attempt's time, or the call's
│   ├── Overloaded        429, or 503 with Retry-After: it asks for `retry_after_s`
│   └── BadAnswer         an answer that can't be read: not JSON, or not the schema
├── Rejected              the provider answered no (any other 4xx): a success for a breaker
├── CutShort              the caller's deadline came before the answer: neither, for a breaker
└── NotSent               nothing was sent: says nothing about the provider
    ├── CircuitOpen       the breaker is open, or all its probes are out
    └── OutOfTime         the deadline had passed before the first attempt

Rejected is not failed: only `ProviderFailed` is ever counted against a provider.
"""

from __future__ import annotations

import copy
from typing import Self, TypedDict, Unpack


class About(TypedDict, total=False):
    """The arguments that every error takes: facts of the call."""

    service: str
    operation: str
    attempts: int
    trace_id: str | None
    repeatable: bool


class ServiceError(Exception):
    """A call to another service that brought no answer to use.

    Attributes:
        service: the provider's name, such as `user-service`; empty when nobody said.
        operation: the client's operation, such as `get_user_by_id`; empty when nobody said.
        attempts: requests sent for this call.
        trace_id: the trace that the call belongs to, or None.
        repeatable: True if the request may be sent again without doing something twice.
        status: the HTTP status that the provider answered, or None if it didn't answer.
        retry_after_s: seconds after which the provider or the breaker may be asked again, or None.
    """

    sent = 1
    reason = "failed"
    status: int | None = None
    retry_after_s: float | None = None

    def __init__(
        self,
        reason: str | None = None,
        *,
        service: str = "",
        operation: str = "",
        attempts: int | None = None,
        trace_id: str | None = None,
        repeatable: bool = True,
    ) -> None:
        self.reason = reason or self.reason
        self.service = service
        self.operation = operation
        self.attempts = self.sent if attempts is None else attempts
        self.trace_id = trace_id
        self.repeatable = repeatable
        super().__init__(self.reason)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.service, self.operation) if part)
        tail = f"{self.reason} (attempts: {self.attempts}, trace: {self.trace_id or 'none'})"
        return f"{where}: {tail}" if where else tail

    def again(self) -> Self:
        """Return an equal error for another waiter, so that no two share a traceback."""
        twin = copy.copy(self)
        twin.__cause__ = self.__cause__
        return twin


class ProviderFailed(ServiceError):  # noqa: N818 - what happened, not what class it is
    """The provider failed, as far as can be seen from here."""


class Unavailable(ProviderFailed):
    """The connection was refused or reset, or the answer was a 5xx (then `status` says which)."""

    reason = "unavailable"

    def __init__(
        self, reason: str | None = None, *, status: int | None = None, **about: Unpack[About]
    ) -> None:
        super().__init__(reason, **about)
        self.status = status


class TimedOut(ProviderFailed):
    """No whole answer came within the time of the attempt, or of the call."""

    reason = "timed out"


class Overloaded(ProviderFailed):
    """The provider asks for less: 429, or 503 with `Retry-After`; `retry_after_s` may be None."""

    reason = "overloaded"

    def __init__(
        self,
        reason: str | None = None,
        *,
        retry_after_s: float | None = None,
        status: int | None = None,
        **about: Unpack[About],
    ) -> None:
        super().__init__(reason, **about)
        self.retry_after_s = retry_after_s
        self.status = status


class BadAnswer(ProviderFailed):
    """The provider answered something that can't be read: not JSON, or not the schema."""

    reason = "bad answer"


class Rejected(ServiceError):  # noqa: N818 - as above
    """The provider understood and said no: `status` is a 4xx other than 429."""

    reason = "rejected"

    def __init__(self, reason: str | None = None, *, status: int, **about: Unpack[About]) -> None:
        super().__init__(reason or f"rejected with {status}", **about)
        self.status: int = status

    def __reduce__(self) -> tuple[object, ...]:
        return (_bare, (type(self),), self.__dict__)


class CutShort(ServiceError):  # noqa: N818 - as above
    """The caller's own deadline came before the answer, and before the attempt's time was over.

    It says nothing about the provider: else callers in a hurry could open the breaker for all.
    """

    reason = "cut short"


class NotSent(ServiceError):  # noqa: N818 - as above
    """Nothing was sent, so that nothing is known about the provider."""

    sent = 0


class CircuitOpen(NotSent):
    """The breaker lets nothing through; it may be asked again in `retry_after_s` seconds."""

    reason = "circuit open"

    def __init__(
        self, reason: str | None = None, *, retry_after_s: float, **about: Unpack[About]
    ) -> None:
        super().__init__(reason, **about)
        self.retry_after_s: float = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        return (_bare, (type(self),), self.__dict__)


class OutOfTime(NotSent):
    """The deadline of the call, or of its caller, had passed before anything was sent."""

    reason = "out of time"


def _bare(kind: type[ServiceError]) -> ServiceError:
    """Return an error for `copy` and `pickle` to fill; its own arguments are required."""
    return kind.__new__(kind)
