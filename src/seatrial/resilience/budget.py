"""The retry budget: how many retries a client's calls may send, all together.

A share of the calls of the last seconds, and a floor below which nobody is stopped (Finagle's
rule; docs/adr/0002-retry-budget.md says why). Retries are remembered one by one, calls by the tenth
of the window, so that an allowed retry never depends on calls that are out of the window.
"""

from __future__ import annotations

import time
from collections import deque

from seatrial.resilience.operation import Clock
from seatrial.resilience.policies import RetryBudgetPolicy

SLICES = 10


class RetryBudget:
    """Counts calls and retries; share one among all clients of a provider.

    Args:
        policy: share, floor and window.
        clock: seconds that never go back.

    Attributes:
        calls: calls begun in the current slice of the window.
        refused: retries that were not allowed, ever.
    """

    __slots__ = (
        "_began_s",
        "_clock",
        "_past",
        "_retries",
        "_turn_at_s",
        "calls",
        "policy",
        "refused",
    )

    def __init__(
        self, policy: RetryBudgetPolicy | None = None, *, clock: Clock = time.monotonic
    ) -> None:
        self.policy = policy or RetryBudgetPolicy()
        self._clock = clock
        self._past: deque[tuple[float, float]] = deque()
        self._retries: deque[float] = deque()
        self.calls = 0.0  # adding to a float costs half as much as to a large int
        self.refused = 0
        self._began_s = clock()
        self._turn_at_s = self._began_s + self.policy.window_s / SLICES

    def call(self, now: float | None = None) -> None:
        """Count a call that begins."""
        now = self._clock() if now is None else now
        if now >= self._turn_at_s:
            self._turn(now)
        self.calls += 1.0

    def _turn(self, now: float) -> None:
        """Begin another slice of the window, and forget those that have left it."""
        self._past.append((self._began_s, self.calls))
        self.calls = 0.0
        self._began_s = now
        self._turn_at_s = now + self.policy.window_s / SLICES
        self._forget(now)

    def _forget(self, now: float) -> None:
        """Forget the slices that began before the window."""
        while self._past and self._past[0][0] <= now - self.policy.window_s:
            self._past.popleft()

    def take(self) -> bool:
        """Take one retry from the budget; return False when it is used up."""
        now = self._clock()
        if now >= self._turn_at_s:
            self._turn(now)
        self._forget(now)
        while self._retries and self._retries[0] <= now - self.policy.window_s:
            self._retries.popleft()
        if len(self._retries) + 1 > self.allowed():
            self.refused += 1
            return False
        self._retries.append(now)
        return True

    def allowed(self) -> float:
        """Return the retries that the window allows, as of the last call or retry."""
        recent = self.calls + sum(count for _, count in self._past)
        return self.policy.floor_per_s * self.policy.window_s + self.policy.ratio * recent
