"""The consumer's breaker, retry and cache, written for it alone; each `has` is a planted defect."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from tests.defects.switch import has

ATTEMPTS, BACKOFF_S, ATTEMPT_TIMEOUT_S, DEADLINE_S, RETRY_AFTER_CAP_S = 4, 0.1, 1.0, 2.2, 2.0
FAILURES, OPEN_S, SUCCESSES, PROBES = 3, 1.0, 2, 2
TTL_S, STALE_S, MISSING_TTL_S = 1.5, 0.6, 0.3
MAX_ENTRIES = 20
MAX_REQUESTS = 25
MAX_WAITERS = 24
RETRIES_PER_S, RETRY_RATIO, BUDGET_WINDOW_S = 9.0, 0.2, 10.0


class Failed(Exception):  # noqa: N818 - what happened
    """The provider failed; another try may help."""

    def __init__(
        self,
        why: str,
        retry_after_s: float | None = None,
        *,
        retry: bool = True,
        counts: bool = True,
    ) -> None:
        """Say why, for how long it asked to be left alone, and what follows from it."""
        super().__init__(why)
        self.retry_after_s = retry_after_s
        self.retry, self.counts = retry, counts


class Refused(Exception):  # noqa: N818 - what happened
    """The provider said no; it works."""


class Crowded(Exception):  # noqa: N818 - what happened
    """Too many wait for the same already."""


class Open(Exception):  # noqa: N818 - what happened
    """The breaker let nothing through."""


class Breaker:
    """Closed, open, half-open; what settles in another period than its own changes nothing."""

    def __init__(self) -> None:
        """Begin closed."""
        self.state = "closed"
        self.period = 0
        self.failures = self.successes = self.probes = 0
        self.until_s = 0.0
        self.results: deque[bool] = deque(maxlen=20)

    def enter(self) -> int:
        """Let a call through; the period that it belongs to."""
        if self.state == "open" and time.monotonic() >= self.until_s:
            self._move("half-open")
        if self.state == "open" and not has("never-opens"):
            raise Open
        if self.state == "half-open":
            cap = PROBES + (1 if has("one-probe-too-many") else 0)
            if self.probes >= cap and not has("half-open-unlimited"):
                raise Open
            self.probes += 1
        return self.period

    def succeeded(self, period: int) -> None:
        """A call went well."""
        if has("late-success-closes") and self.state == "open":
            self._move("closed")
        self.results.append(True)
        if period != self.period:
            if has("late-success-resets") and self.state == "closed":
                self.failures = 0
            if has("late-success-counts") and self.state == "half-open":
                self.successes += 1
                if self.successes >= SUCCESSES:
                    self._move("closed")
            return
        if self.state == "closed" and not has("success-does-not-reset"):
            self.failures = 0
        if self.state == "half-open":
            self.probes -= 1
            self.successes += 1
            needed = SUCCESSES + {"closes-early": -1, "closes-one-late": 1, "closes-late": 2}.get(
                has.name, 0
            )
            if self.successes >= needed:
                self._move("closed")

    def failed(self, period: int) -> None:
        """A call failed."""
        if has("late-failure-extends") and self.state == "open":
            self.until_s = time.monotonic() + OPEN_S
        if period != self.period:
            if has("late-failure-reopens") and self.state == "half-open":
                self._move("open")
            if has("late-failure-counts") and self.state == "closed":
                self.failed(self.period)
            return
        if self.state == "half-open":
            if has("stuck-after-failed-probe"):
                return
            self.probes -= 1
            if not (has("does-not-reopen") and self.successes):
                self._move("open")
            return
        self.failures += 1
        self.results.append(False)
        if has("counts-a-rate"):
            if len(self.results) >= FAILURES and self.results.count(False) * 2 >= len(self.results):
                self._move("open")
            return
        needed = FAILURES + {"opens-early": -1, "opens-late": 2}.get(has.name, 0)
        if self.failures >= needed:
            self._move("open")

    def gave_up(self, period: int) -> None:
        """A call ended without saying anything of the provider."""
        if has("counts-cancellations"):
            self.failed(period)
        elif period == self.period and self.state == "half-open" and not has("keeps-probes"):
            self.probes -= 1

    def _move(self, state: str) -> None:
        self.state = state
        self.period += 1
        self.failures = self.successes = self.probes = 0
        open_s = {"open-too-short": 0.3 * OPEN_S, "open-too-long": 4 * OPEN_S}
        self.until_s = time.monotonic() + open_s.get(has.name, OPEN_S)


class Budget:
    """Further attempts of all calls together."""

    def __init__(self) -> None:
        """Begin with a full one."""
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()

    def call(self) -> None:
        """A call begins."""
        self._calls.append(time.monotonic())

    def take(self) -> bool:
        """Whether there is a further attempt left."""
        oldest_s = time.monotonic() - BUDGET_WINDOW_S
        for times in (self._calls, self._retries):
            while times and times[0] < oldest_s:
                times.popleft()
        allowed = RETRY_RATIO * len(self._calls) + RETRIES_PER_S * BUDGET_WINDOW_S
        if len(self._retries) >= allowed and not has("no-budget"):
            return False
        self._retries.append(time.monotonic())
        return True


async def retried(attempt: Callable[[int], Awaitable[Any]], budget: Budget) -> Any:
    """The attempt, and after a failure another one, within the deadline."""
    until_s = time.monotonic() + (60.0 if has("no-deadline") else DEADLINE_S)
    budget.call()
    most = {"no-retry": 1, "one-try-more": ATTEMPTS + 1, "stacked-retries": 2 * ATTEMPTS}
    attempts = most.get(has.name, ATTEMPTS)
    for number in range(1, attempts + 1):
        left_s = until_s - time.monotonic()
        try:
            return await _timed(attempt(number), left_s)
        except (Failed, TimeoutError) as error:
            wait_s = _wait_s(number, getattr(error, "retry_after_s", None))
            left_s = until_s - time.monotonic()
            no_room = wait_s is not None and wait_s >= left_s and not has("sleeps-past-deadline")
            too_long = wait_s is None or no_room
            last = number == attempts or not getattr(error, "retry", not has("hang-not-retried"))
            if last or too_long or not budget.take():
                counts = getattr(error, "counts", not has("hang-not-counted"))
                counts = counts and not (has("cut-not-counted") and left_s <= 0)
                raise Failed(str(error), counts=counts) from error
            await asyncio.sleep(wait_s or 0.0)
        except Refused:
            if not has("retries-refusals") or number == attempts:
                raise
            await asyncio.sleep(0.01)
    raise AssertionError


async def _timed(attempt: Awaitable[Any], left_s: float) -> Any:
    if has("no-timeout"):
        return await attempt
    bound_s = 0.25 if has("impatient") else ATTEMPT_TIMEOUT_S
    if has("timeout-of-each-read"):
        bound_s = 60.0
    async with asyncio.timeout(min(bound_s, 60.0 if has("timeout-of-each-read") else left_s)):
        return await attempt


def _wait_s(number: int, asked_s: float | None) -> float | None:
    """How long to wait before the next attempt; None: longer than a call may wait."""
    if asked_s is not None and not has("ignores-retry-after"):
        if asked_s <= RETRY_AFTER_CAP_S:
            return asked_s
        return 0.7 if has("waits-too-long") else None
    wait_s = BACKOFF_S * (1 if has("backoff-does-not-grow") else 2 ** (number - 1))
    if has("no-backoff"):
        return 0.0
    if has("waits-long-at-times") and number == 2:
        return random.choice((wait_s, wait_s + 0.8))
    if has("waits-longer"):
        return wait_s + 0.25
    return wait_s if has("no-jitter") else random.uniform(0, wait_s)
