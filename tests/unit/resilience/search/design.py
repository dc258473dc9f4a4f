"""The design's breaker, ported as it stands, so that the search can say what is wrong with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class DesignOpenError(Exception):
    """The design's "Circuit breaker is OPEN"."""


class DesignBreaker:
    """Counts failures, opens until some time after the last one, then lets everything through."""

    def __init__(
        self, failures: int, open_s: float, successes: int, clock: Callable[[], float]
    ) -> None:
        self.failure_threshold = failures
        self.recovery_timeout_s = open_s
        self.success_threshold = successes
        self.clock = clock
        self.state = "closed"
        self.failure_count = 0
        self.success_count = 0
        self.last_failure_time = 0.0

    async def execute(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Run the operation, unless the breaker is open."""
        if self.state == "open":
            if self.clock() - self.last_failure_time < self.recovery_timeout_s:
                raise DesignOpenError
            self.state = "half_open"
            self.success_count = 0
        try:
            result = await operation()
        except Exception:
            self._on_failure()
            raise
        self._on_success()
        return result

    def _on_success(self) -> None:
        self.failure_count = 0
        if self.state == "half_open":
            self.success_count += 1
            if self.success_count >= self.success_threshold:
                self.state = "closed"

    def _on_failure(self) -> None:
        self.failure_count += 1
        self.last_failure_time = self.clock()
        if self.failure_count >= self.failure_threshold:
            self.state = "open"
