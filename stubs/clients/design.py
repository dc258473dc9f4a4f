"""The design's own user client, ported as it stands: the negative control of the harness.

It takes the real client's place in marketplace-service (`USER_CLIENT=design` or `design-raising`),
so that a check can be seen to fail. It is wrong on purpose; don't use it, and don't fix it.

What is wrong, and where:

- Every error becomes null in `DesignUserServiceClient.get_basic_profile`. "Down" looks like
  "unknown", and neither breaker nor retry around it ever sees a failure. With `swallow=False`
  (`design-raising`) errors are let through, which shows the faults of the others:
- `DesignCircuitBreaker` is asked before the cache: while it is open, even fresh users are refused.
- Half-open it lets everybody through: all who wait go to a provider that may just be coming back.
- A failure in half-open opens it again only before the first success, which forgets all failures.
- The open time runs from the last failure, also of a call that began before: late ones extend it.
- `retry` waits 2 s and 4 s exactly: those who failed together come back together. There is no
  timeout of a try but the HTTP library's, which bounds each read, and no deadline of the call.
- Everything is retried, also what the provider refused.
- Concurrent misses of one id each ask the provider.
- The cache is a map without a bound, never refreshed by an event: the design's subscriber calls
  `cacheUserData`, `updateCachedUserData` and `dropCachedUser`, which its client doesn't have.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote

import httpx

from seatrial.resilience import CircuitOpen, Lookup, Unavailable
from stubs.clients.models import UserProfile
from stubs.clients.settings import ClientSettings
from stubs.tracing import current_trace_id

_RESULT = TypeVar("_RESULT")
Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class CircuitState(StrEnum):
    """The design's three states."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class DesignCircuitOpenError(Exception):
    """The design's "Circuit breaker is OPEN".

    Args:
        left_s: seconds until it lets calls through again, which the design doesn't say.
    """

    def __init__(self, left_s: float) -> None:
        super().__init__("Circuit breaker is OPEN")
        self.left_s = left_s


class DesignCircuitBreaker:
    """The design's breaker.

    Its faults: no bound on probes, a failure after a first success stays half-open, and whatever
    fails late extends the open time.

    Args:
        failure_threshold: failures in a row that open it.
        recovery_timeout_s: seconds after the last failure.
        success_threshold: successes that close it.
        clock: seconds; the design reads the wall clock.
    """

    def __init__(
        self,
        failure_threshold: int = 5,
        recovery_timeout_s: float = 60.0,
        success_threshold: int = 3,
        clock: Clock = time.time,
    ) -> None:
        self._failure_threshold = failure_threshold
        self._recovery_timeout_s = recovery_timeout_s
        self._success_threshold = success_threshold
        self._clock = clock
        self._failure_count = 0
        self._success_count = 0
        self._last_failure_time = 0.0
        self.state = CircuitState.CLOSED

    async def execute(self, operation: Callable[[], Awaitable[_RESULT]]) -> _RESULT:
        """Run the operation, or refuse.

        Raises:
            DesignCircuitOpenError: the breaker is open.
        """
        if self.state is CircuitState.OPEN:
            left_s = self._last_failure_time + self._recovery_timeout_s - self._clock()
            if left_s > 0:
                raise DesignCircuitOpenError(left_s)
            self.state = CircuitState.HALF_OPEN
            self._success_count = 0
        try:
            result = await operation()
        except Exception:
            self._on_failure()
            raise
        self._on_success()
        return result

    def _on_success(self) -> None:
        self._failure_count = 0
        if self.state is CircuitState.HALF_OPEN:
            self._success_count += 1
            if self._success_count >= self._success_threshold:
                self.state = CircuitState.CLOSED

    def _on_failure(self) -> None:
        self._failure_count += 1
        self._last_failure_time = self._clock()
        if self._failure_count >= self._failure_threshold:
            self.state = CircuitState.OPEN


async def design_retry(
    operation: Callable[[], Awaitable[_RESULT]],
    attempts: int = 3,
    first_delay_s: float = 2.0,
    sleep: Sleep = asyncio.sleep,
) -> _RESULT:
    """The design's retry: after whatever error, with delays of exactly 2 s and 4 s.

    Its faults: no jitter, no cap, no timeout of its own, no regard for what may be repeated.
    """
    for attempt in range(1, attempts):
        try:
            return await operation()
        except Exception:  # noqa: BLE001 - the design's
            await sleep(first_delay_s * 2 ** (attempt - 1))
    return await operation()


class DesignUserServiceClient:
    """The design's client: a map with times, and null for every error.

    Its faults: null says nothing, misses aren't joined, and the map has no bound.

    Args:
        settings: where the service is; of the rest the cache's TTL, the timeout and the retry.
        swallow: whether errors become null, as in the design.
        transport: what requests go through, for tests.
        clock: seconds; the design reads the wall clock.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        swallow: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = time.time,
    ) -> None:
        self._swallow = swallow
        self._clock = clock
        self._ttl_s = settings.cache.ttl_s
        self._cache: dict[str, tuple[UserProfile, float]] = {}
        self._http = httpx.AsyncClient(
            base_url=settings.base_url,
            timeout=settings.retry.attempt_timeout_s,
            transport=transport,
            trust_env=False,
        )

    def cached(self, user_id: str) -> UserProfile | None:
        """The user in the map, unless it is too old."""
        profile, cached_at = self._cache.get(user_id, (None, 0.0))
        return profile if self._clock() - cached_at < self._ttl_s else None

    async def get_basic_profile(self, user_id: str) -> UserProfile | None:
        """The user, or null: unknown, down, too slow, or nonsense."""
        cached = self.cached(user_id)
        if cached is not None:
            return cached
        try:
            return await self._fetch(user_id)
        except Exception:
            if self._swallow:
                return None
            raise

    async def _fetch(self, user_id: str) -> UserProfile | None:
        answer = await self._http.get(
            f"/users/{quote(user_id, safe='')}/profile",
            headers={"x-trace-id": current_trace_id() or ""},
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        answer.raise_for_status()
        profile = UserProfile.model_validate_json(answer.content)
        self._cache[user_id] = (profile, self._clock())
        return profile

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class DesignResilientUserServiceClient(DesignUserServiceClient):
    """The design's resilient client: breaker around retry around cache and request.

    Its fault: the cache is inside. With `swallow` nothing outside ever sees an error.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        swallow: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(settings, swallow=swallow, transport=transport, clock=clock)
        self._retry = settings.retry
        self._sleep = sleep
        self.breaker = DesignCircuitBreaker(
            settings.breaker.failures,
            settings.breaker.open_s,
            settings.breaker.successes,
            clock,
        )

    async def get_basic_profile(self, user_id: str) -> UserProfile | None:
        """The user, or null.

        Raises:
            DesignCircuitOpenError: the breaker is open, whatever the cache holds.
            Exception: without `swallow`, whatever the last try ended with.
        """
        plain = super().get_basic_profile
        return await self.breaker.execute(
            lambda: design_retry(
                lambda: plain(user_id), self._retry.attempts, self._retry.backoff_s, self._sleep
            )
        )


class DesignLookup:
    """Lets a design's client stand where the real one does: says the source, types the errors."""

    def __init__(self, client: DesignUserServiceClient) -> None:
        self._client = client

    async def look_up_profile(self, user_id: str) -> Lookup[UserProfile]:
        """Return the user as the client gives it.

        Raises:
            CircuitOpen: its breaker is open.
            Unavailable: it let another error through.
        """
        was_cached = self._client.cached(user_id) is not None
        try:
            profile = await self._client.get_basic_profile(user_id)
        except DesignCircuitOpenError as error:
            raise CircuitOpen(retry_after_s=error.left_s) from error
        except Exception as error:
            raise Unavailable(str(error)) from error
        return Lookup(profile, "cache" if was_cached else "origin")
