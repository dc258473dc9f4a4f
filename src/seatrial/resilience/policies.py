"""The options of every policy: frozen values, each field with its unit, default and range.

A bad value is refused when the policy is made, with ValueError naming field, value and range.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from seatrial.resilience._bounds import need

YEAR_S = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class WindowPolicy:
    """A breaker's second trip rule: the share of bad calls among the last ones.

    Attributes:
        size: calls that the window holds; default 100, 1 to 100,000.
        ratio: share of bad calls that trips; default 0.5, above 0 to 1.
        min_calls: calls that must have been seen since it closed; default 20, 1 to `size`.
        slow_s: a call that takes this long is bad too, and counted while it still runs;
            default None (never), above 0 seconds.
    """

    size: int = 100
    ratio: float = 0.5
    min_calls: int = 20
    slow_s: float | None = None

    def __post_init__(self) -> None:
        need(self, "size", least=1, most=100_000, whole=True)
        need(self, "ratio", above=0, most=1)
        need(self, "min_calls", least=1, most=self.size, whole=True, why="size")
        need(self, "slow_s", above=0, most=YEAR_S, optional=True)


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens, for how long, and what closes it again.

    Attributes:
        failures: consecutive failures that open it; default 5, 1 to 1,000,000.
        open_s: seconds that it stays open at first; default 60, above 0.
        successes: successful probes that close it; default 3, 1 to 1,000,000.
        probes: probes in flight at once; default None (as `successes`), 1 to 1,000,000.
        growth: each opening without a close in between lasts this much longer; default 1, 1 to 100.
        max_open_s: no opening lasts longer; default None (ten times `open_s`), `open_s` or more.
        jitter: share of an opening that may be taken off by chance; default 0, 0 to 1.
        lease_s: a probe that hasn't ended after this many seconds has failed; longer than the
            call's own timeout; default 60, above 0.
        window: a second trip rule next to consecutive failures; default None.
    """

    failures: int = 5
    open_s: float = 60.0
    successes: int = 3
    probes: int | None = None
    growth: float = 1.0
    max_open_s: float | None = None
    jitter: float = 0.0
    lease_s: float = 60.0
    window: WindowPolicy | None = None

    def __post_init__(self) -> None:
        need(self, "failures", least=1, most=1_000_000, whole=True)
        need(self, "open_s", above=0, most=YEAR_S)
        need(self, "successes", least=1, most=1_000_000, whole=True)
        need(self, "probes", least=1, most=1_000_000, whole=True, optional=True)
        need(self, "growth", least=1, most=100)
        need(self, "max_open_s", least=self.open_s, most=YEAR_S * 100, optional=True, why="open_s")
        need(self, "jitter", least=0, most=1)
        need(self, "lease_s", above=0, most=YEAR_S)

    @property
    def probe_limit(self) -> int:
        """Probes that may be in flight at once."""
        return self.successes if self.probes is None else self.probes

    @property
    def longest_open_s(self) -> float:
        """Seconds that no opening outlasts."""
        return self.open_s * 10 if self.max_open_s is None else self.max_open_s


@dataclass(frozen=True, slots=True)
class RetryBudgetPolicy:
    """The retries that a client may send, all its calls together.

    Attributes:
        ratio: retries allowed for each call of the window; default 0.2, 0 to 10.
        floor_per_s: retries allowed a second whatever the number of calls; default 10, 0 or more.
        window_s: seconds that are looked back on; default 10, above 0.
    """

    ratio: float = 0.2
    floor_per_s: float = 10.0
    window_s: float = 10.0

    def __post_init__(self) -> None:
        need(self, "ratio", least=0, most=10)
        need(self, "floor_per_s", least=0, most=1_000_000)
        need(self, "window_s", above=0, most=86_400)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Repetition of a call: how often and when, and the time of an attempt and of the call.

    Attributes:
        attempts: attempts in all, the first included; default 3, 1 to 100.
        backoff_s: seconds before the second attempt; default 2, above 0.
        growth: each further wait is this much longer; default 2, 1 to 100.
        cap_s: no wait of our own choice is longer; default 30, above 0.
        jitter: `full` draws each wait between 0 and its length, `none` waits all of it.
        attempt_timeout_s: an attempt is aborted after this many seconds, over connect, headers and
            the whole body; default 5, above 0 and not over `deadline_s`. None sets no timer: the
            deadline is then only looked at between attempts, and the first attempt carries none
            but the caller's.
        deadline_s: deadline of the call as a whole; default 30; None leaves it to the caller's.
        budget: default 20% of the calls and 10 a second; None retries without one.
    """

    attempts: int = 3
    backoff_s: float = 2.0
    growth: float = 2.0
    cap_s: float = 30.0
    jitter: Literal["full", "none"] = "full"
    attempt_timeout_s: float | None = 5.0
    deadline_s: float | None = 30.0
    budget: RetryBudgetPolicy | None = field(default_factory=RetryBudgetPolicy)

    def __post_init__(self) -> None:
        need(self, "attempts", least=1, most=100, whole=True)
        need(self, "backoff_s", above=0, most=86_400)
        need(self, "growth", least=1, most=100)
        need(self, "cap_s", above=0, most=86_400)
        need(self, "deadline_s", above=0, most=86_400, optional=True)
        most = 86_400 if self.deadline_s is None else self.deadline_s
        need(
            self,
            "attempt_timeout_s",
            above=0,
            most=most,
            optional=True,
            why="the deadline, deadline_s",
        )
        if self.jitter not in ("full", "none"):
            raise ValueError(f"RetryPolicy.jitter is {self.jitter!r}, but must be 'full' or 'none'")

    def backoff(self, retry: int) -> float:
        """Return the seconds before retry number `retry` (from 1), before any jitter."""
        return min(self.cap_s, self.backoff_s * self.growth ** (retry - 1))

    @property
    def longest_s(self) -> float | None:
        """Seconds that a call can take at most, as far as these options bound it."""
        if self.deadline_s is not None or self.attempt_timeout_s is None:
            return self.deadline_s
        waits = sum(self.backoff(retry) for retry in range(1, self.attempts))
        return self.attempts * self.attempt_timeout_s + waits


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """Size of a cache, and the times for which it keeps what.

    Attributes:
        ttl_s: seconds that a value is fresh, and a deletion remembered; default 300, above 0.
        max_entries: entries held, least recently used first out; default 10,000, 1 to 10 million.
        negative_ttl_s: seconds that "there is none" is believed; default 1, 0 to 1.
        stale_if_error_s: seconds past its freshness that a value may be served when the origin
            fails; default 0 (never), 0 or more.
    """

    ttl_s: float = 300.0
    max_entries: int = 10_000
    negative_ttl_s: float = 1.0
    stale_if_error_s: float = 0.0

    def __post_init__(self) -> None:
        need(self, "ttl_s", above=0, most=YEAR_S)
        need(self, "max_entries", least=1, most=10_000_000, whole=True)
        need(self, "negative_ttl_s", least=0, most=1)
        need(self, "stale_if_error_s", least=0, most=YEAR_S)
