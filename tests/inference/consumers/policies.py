"""Retry, breaker and cache by hand, with the numbers that the environment says."""

import asyncio
import random
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from tests.inference.numbers import Numbers

MISSING = object()
"""The provider's "there is none"."""


class Failed(Exception):  # noqa: N818 - what happened
    """The provider is at fault; another attempt may help."""

    def __init__(self, why: str, retry_after_s: float | None = None) -> None:
        """Take the reason, and the pause that the provider asked for."""
        super().__init__(why)
        self.retry_after_s = retry_after_s


class Refused(Exception):  # noqa: N818
    """The request is at fault."""


class Open(Exception):  # noqa: N818
    """The breaker lets nothing through."""


class Breaker:
    """Opens after failures in a row or at a rate of them; counts what was entered in its period."""

    def __init__(self, numbers: Numbers) -> None:
        """Begin closed."""
        self._numbers = numbers
        self._open_s = numbers.open_s
        self._begin("closed")
        self._period = 0

    async def guard(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do the work, or raise `Open`."""
        period = self._enter()
        try:
            value = await work()
        except Failed:
            self._record(period, succeeded=False)
            raise
        except Refused:
            self._record(period, succeeded=True)
            raise
        except asyncio.CancelledError:
            if period == self._period and self._state == "half-open":
                self._probing -= 1
            raise
        missed = value is MISSING and self._numbers.counts_missing
        self._record(period, succeeded=not missed)
        return value

    def _begin(self, state: str) -> None:
        self._state, self._since_s = state, time.monotonic()
        self._failed = self._succeeded = self._probing = 0
        self._recent: deque[bool] = deque(maxlen=self._numbers.window_calls)

    def _enter(self) -> int:
        if self._state == "open":
            if time.monotonic() - self._since_s < self._open_s:
                raise Open
            self._turn("half-open")
        if self._state == "half-open":
            if self._numbers.probes is not None and self._probing >= self._numbers.probes:
                raise Open
            self._probing += 1
        return self._period

    def _turn(self, state: str) -> None:
        self._period += 1
        self._begin(state)

    def _record(self, period: int, *, succeeded: bool) -> None:
        if period != self._period or not self._numbers.has_breaker:
            return
        self._recent.append(succeeded)
        self._failed = 0 if succeeded else self._failed + 1
        self._succeeded += succeeded
        if self._state == "half-open":
            self._probing -= 1
            if not succeeded:
                self._open_s *= self._numbers.open_growth
                self._turn("open")
            elif self._succeeded >= self._numbers.successes:
                self._open_s = self._numbers.open_s
                self._turn("closed")
        elif self._trips():
            self._turn("open")

    def _trips(self) -> bool:
        if self._numbers.failures is not None:
            return self._failed >= self._numbers.failures
        assert self._numbers.rate is not None
        enough = len(self._recent) >= self._numbers.minimum_calls
        return enough and self._recent.count(False) >= self._numbers.rate * len(self._recent)


class Retry:
    """Repeats what failed."""

    def __init__(self, numbers: Numbers) -> None:
        """Take the numbers."""
        self._numbers = numbers

    async def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do the work, again if need be, within the call's deadline."""
        try:
            async with asyncio.timeout(self._numbers.deadline_s):
                return await self._repeat(work)
        except TimeoutError:
            raise Failed("the call took too long") from None

    async def _repeat(self, work: Callable[[], Awaitable[Any]]) -> Any:
        last_s = self._numbers.backoff_s
        for number in range(1, self._numbers.attempts + 1):
            try:
                return await work()
            except Failed as error:
                if number == self._numbers.attempts:
                    raise
                last_s = self._wait_s(number, last_s)
                await asyncio.sleep(self._asked_s(error, last_s))
        raise AssertionError

    def _asked_s(self, error: Failed, own_s: float) -> float:
        most_s = self._numbers.retry_after_cap_s
        if most_s is None or error.retry_after_s is None:
            return own_s
        if error.retry_after_s > most_s:
            raise error
        return max(own_s, error.retry_after_s)

    def _wait_s(self, number: int, last_s: float) -> float:
        numbers = self._numbers
        most_s = float("inf") if numbers.cap_s is None else numbers.cap_s
        if numbers.jitter == "decorrelated":
            return min(random.uniform(numbers.backoff_s, 3 * last_s), most_s)
        longest_s = min(numbers.backoff_s * numbers.growth ** (number - 1), most_s)
        least = {"full": 0.0, "equal": 0.5}.get(numbers.jitter, 1.0)
        return random.uniform(least * longest_s, longest_s)


class Cache:
    """Keeps good answers, and what else the numbers say."""

    def __init__(self, numbers: Numbers) -> None:
        """Begin empty."""
        self._numbers = numbers
        self._kept: OrderedDict[str, tuple[Any, float]] = OrderedDict()
        self._flights: dict[str, asyncio.Task[Any]] = {}

    async def get(self, name: str, load: Callable[[], Awaitable[Any]]) -> Any:
        """Return what is kept and fresh, or load it."""
        if self._numbers.ttl_s is None:
            return await load()
        value, age_s = self._look(name)
        ttl_s = self._numbers.missing_ttl_s if value is MISSING else self._numbers.ttl_s
        if value is not None and age_s < ttl_s:
            if isinstance(value, Failed):
                raise value
            return value
        try:
            return await self._shared(name, load)
        except (Failed, Open):
            stale_s = self._numbers.ttl_s + self._numbers.stale_if_error_s
            if value is None or isinstance(value, Failed) or value is MISSING or age_s >= stale_s:
                raise
            return value

    def _look(self, name: str) -> tuple[Any, float]:
        value, since_s = self._kept.get(name, (None, 0.0))
        return value, time.monotonic() - since_s

    async def _shared(self, name: str, load: Callable[[], Awaitable[Any]]) -> Any:
        if not self._numbers.single_flight:
            return await self._load(name, load)
        if name not in self._flights:
            self._flights[name] = asyncio.create_task(self._load(name, load))
            self._flights[name].add_done_callback(lambda _: self._flights.pop(name, None))
        return await asyncio.shield(self._flights[name])

    async def _load(self, name: str, load: Callable[[], Awaitable[Any]]) -> Any:
        try:
            value = await load()
        except Failed as error:
            if self._numbers.failures_cached:
                self._keep(name, error)
            raise
        self._keep(name, value)
        return value

    def _keep(self, name: str, value: Any) -> None:
        self._kept[name] = (value, time.monotonic())
        self._kept.move_to_end(name)
        if self._numbers.max_entries and len(self._kept) > self._numbers.max_entries:
            self._kept.popitem(last=False)
