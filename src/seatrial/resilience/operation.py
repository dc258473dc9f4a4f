"""Which call of which client: what policies write into errors and events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from seatrial.resilience.errors import ServiceError

P = ParamSpec("P")
T = TypeVar("T")

AsyncCall = Callable[P, Awaitable[T]]
"""An asynchronous call that a policy can be wrapped around."""

WrappedCall = Callable[P, Coroutine[Any, Any, T]]
"""The same call under policies."""

Clock = Callable[[], float]
"""Seconds on a clock that never goes back; `time.monotonic` by default."""


def no_trace() -> str | None:
    """Return None: nobody traces."""
    return None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a client.

    Attributes:
        service: the provider's name, such as `user-service`.
        name: the client's operation, such as `get_user_by_id`.
        trace_id: returns the current trace id; called when an error is annotated.
        repeatable: False for what must never be sent twice; a retry then leaves it alone.
    """

    service: str = ""
    name: str = ""
    trace_id: Callable[[], str | None] = no_trace
    repeatable: bool = True

    def annotate(self, error: ServiceError) -> None:
        """Write service, operation and trace id into an error that doesn't say them yet."""
        error.service = error.service or self.service
        error.operation = error.operation or self.name
        error.trace_id = error.trace_id or self.trace_id()


ANONYMOUS = Operation()
"""The operation of a call that nobody named."""
