"""A consumer's client whose breaker opens by a rate, and at slow calls; without a retry."""

import time
from collections import deque
from typing import Any

import httpx

from tests.defects.policies import Failed, Open, Refused
from tests.defects.switch import has

RATE, SLOW_RATE, MINIMUM_CALLS, WINDOW_CALLS = 0.5, 0.6, 6, 12
SLOW_S, OPEN_S = 0.4, 1.0


class RateBreaker:
    """Looks at the last calls: how many failed, and how many were slow."""

    def __init__(self) -> None:
        """Begin closed."""
        never_forgets = has("rate-never-forgets")
        self._calls: deque[tuple[bool, bool]] = deque(
            maxlen=10_000 if never_forgets else WINDOW_CALLS
        )
        self._failed = 0
        self._until_s = 0.0
        self._is_probing = False

    def enter(self) -> None:
        """Let a call through, or raise Open."""
        if self._until_s and time.monotonic() < self._until_s:
            raise Open
        if self._until_s:
            self._until_s, self._is_probing = 0.0, True
            self._calls.clear()

    def record(self, took_s: float, *, failed: bool) -> None:
        """Note a call that has ended."""
        if self._is_probing:
            self._is_probing = False
            if failed:
                self._open()
            return
        bound_s = 0.4 * SLOW_S if has("slow-too-soon") else SLOW_S
        if has("rate-of-failures-in-a-row") and not failed:
            self._calls.extend([(False, False)] * WINDOW_CALLS)
        self._calls.append((failed, took_s > bound_s))
        self._failed += failed
        few = {"rate-of-few-calls": 3, "rate-of-more-calls": MINIMUM_CALLS + 1}
        least = few.get(has.name, MINIMUM_CALLS)
        if len(self._calls) < least:
            return
        share = 0.25 if has("rate-too-low") else RATE
        failures = sum(one for one, _ in self._calls) / len(self._calls)
        if has("old-failures-count"):
            failures = self._failed / len(self._calls)
        slow = sum(one for _, one in self._calls) / len(self._calls)
        if has("slow-counts-twice"):
            slow *= 2
        if failures >= share or (slow >= SLOW_RATE and not has("slow-not-counted")):
            self._open()

    def _open(self) -> None:
        self._until_s = time.monotonic() + OPEN_S
        self._calls.clear()
        self._failed = 0


class RatedClient:
    """Asks the provider once, behind such a breaker."""

    def __init__(self, url: str) -> None:
        """Take where the provider is."""
        self._http = httpx.AsyncClient(base_url=url, timeout=2.0, trust_env=False)
        self._breaker = RateBreaker()

    async def thing(self, name: str, trace: str) -> Any:
        """The thing of this name."""
        self._breaker.enter()
        started_s = time.monotonic()
        failed = True
        try:
            value = await self._asked(name, trace)
            failed = False
        except Refused:
            failed = False
            raise
        finally:
            self._breaker.record(time.monotonic() - started_s, failed=failed)
        return value

    async def _asked(self, name: str, trace: str) -> Any:
        try:
            answer = await self._http.get(f"/things/{name}", headers={"x-trace-id": trace})
        except httpx.HTTPError as error:
            raise Failed(type(error).__name__) from error
        if answer.status_code >= 500:
            raise Failed(str(answer.status_code))
        if answer.status_code >= 400:
            raise Refused(str(answer.status_code))
        return answer.json()
