"""What a consumer promises. What is left out isn't declared, and so isn't checked."""

from math import ceil, floor
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from seatrial.config.section import (
    Count,
    Header,
    Seconds,
    SecondsOrNone,
    Section,
    StatusCode,
    overlaid,
    refuse,
)

_FEW_GOOD = 6
"""So many calls went well, at most, before a scenario lets others fail."""
_TELLING_WAIT_S = 0.4
"""So much longer than the caller's own wait is surely another one."""


class DeclaredBudget(Section):
    """A retry budget: how many further attempts all calls together may send."""

    ratio: Annotated[float, Field(strict=True, ge=0, le=10)] = 0.2
    """Further attempts for each call of the window."""
    floor_per_s: Annotated[float, Field(strict=True, ge=0, le=1_000_000)] = 0.0
    """Further attempts a second that are allowed however few calls there are."""
    window_s: Seconds = 10.0

    def allowed(self, calls: int) -> float:
        """The most further attempts that this many calls within one window may send."""
        return self.ratio * calls + self.floor_per_s * self.window_s


class DeclaredRetry(Section):
    """A declared retry. Times are seconds."""

    attempts: Count
    """In all, the first one included."""
    backoff_s: Seconds | None = None
    """The longest wait before the second attempt."""
    growth: Annotated[float, Field(strict=True, ge=1, le=10)] = 2.0
    """Each further wait is this many times as long."""
    cap_s: Seconds | None = None
    """No wait of its own choice is longer."""
    jitter: Literal["full", "equal", "decorrelated", "none"] = "none"
    """"full": each wait is drawn evenly between nothing and the declared one; "equal": between its
    half and it; "decorrelated": between backoff_s and three times the wait before."""
    attempt_timeout_s: Seconds | None = None
    """When one attempt is given up, over connect, headers and the whole body."""
    deadline_s: Seconds | None = None
    """When the call as a whole is given up."""
    retry_after_cap_s: Seconds | None = None
    """The longest Retry-After that is waited for."""
    retry_after_over_cap: Literal["ends", "waits-less"] = "ends"
    """What a longer one does: it ends the call at once, or the call waits for less than asked."""
    retry_after_dates: bool = False
    """A Retry-After that is an HTTP date is understood too."""
    budget: DeclaredBudget | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse(
            self._over("attempt_timeout_s", self.attempt_timeout_s, "deadline_s", self.deadline_s),
            self._over("retry_after_cap_s", self.retry_after_cap_s, "deadline_s", self.deadline_s),
            self._over("backoff_s", self.backoff_s, "cap_s", self.cap_s),
            "cap_s needs backoff_s; add it" if self.cap_s and not self.backoff_s else None,
            "retry_after_dates needs retry_after_cap_s; add it"
            if self.retry_after_dates and self.retry_after_cap_s is None
            else None,
            "retry_after_over_cap needs retry_after_cap_s; add it"
            if self.retry_after_over_cap != "ends" and self.retry_after_cap_s is None
            else None,
        )
        return self

    def asked_s(self) -> float | None:
        """A Retry-After, whole seconds, longer than the caller's own wait; None: none fits."""
        return self._fitting(float(floor(self._own_wait_s()) + 1))

    def asked_by_date_s(self) -> float | None:
        """The same by a date, which asks for up to a second more: it is in whole ones."""
        least_s = self._own_wait_s() + _TELLING_WAIT_S
        return least_s if self.retry_after_dates and self._fitting(least_s + 1) else None

    def _own_wait_s(self) -> float:
        return next(iter(self.waits_s()), 0.0)

    def _fitting(self, wait_s: float) -> float | None:
        return wait_s if self.attempts > 1 and wait_s <= (self.retry_after_cap_s or 0.0) else None

    @staticmethod
    def _over(name: str, value: float | None, limit_name: str, limit: float | None) -> str | None:
        if value is None or limit is None or value <= limit:
            return None
        return f"{name} is {value:g} and must not be over {limit_name}, {limit:g}"

    def waits_s(self) -> tuple[float, ...]:
        """The longest declared wait before each further attempt, seconds; empty if undeclared."""
        if self.backoff_s is None:
            return ()
        cap = self.cap_s or float("inf")
        if self.jitter == "decorrelated":
            return tuple(min(self.backoff_s * 3 ** (n + 1), cap) for n in range(self.attempts - 1))
        return tuple(min(self.backoff_s * self.growth**n, cap) for n in range(self.attempts - 1))

    def shortest_wait_s(self, longest_s: float) -> float:
        """Return the shortest that a wait may be which is declared as this at the longest."""
        if self.jitter == "decorrelated":
            return min(self.backoff_s or 0.0, longest_s)
        return longest_s * {"none": 1.0, "equal": 0.5}.get(self.jitter, 0.0)

    def longest_s(self) -> float | None:
        """How long a call can take at most, as far as it is declared."""
        tries_s = None
        if self.attempt_timeout_s is not None and (
            self.attempts == 1 or self.backoff_s is not None
        ):
            tries_s = self.attempts * self.attempt_timeout_s + sum(self.waits_s())
        known = [bound_s for bound_s in (tries_s, self.deadline_s) if bound_s is not None]
        return min(known, default=None)


class DeclaredRate(Section):
    """The rate of failures that opens a breaker, over a window of calls or of time."""

    failures: Annotated[float, Field(strict=True, gt=0, le=1)]
    """This share of the calls in the window, or more."""
    minimum_calls: Count
    """Fewer calls in the window open nothing, whatever became of them."""
    window_calls: Count | None = None
    """The window is the last this many calls."""
    window_s: Seconds | None = None
    """The window is this long."""

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        refuse(
            "needs either window_calls or window_s"
            if (self.window_calls is None) == (self.window_s is None)
            else None,
            f"minimum_calls is {self.minimum_calls} and must not be over window_calls, "
            f"{self.window_calls}"
            if self.window_calls is not None and self.minimum_calls > self.window_calls
            else None,
        )
        return self


class DeclaredBreaker(Section):
    """A declared circuit breaker. Times are seconds."""

    failures: Count | None = None
    """This many in a row open it."""
    rate: DeclaredRate | None = None
    """Instead of a number in a row: the rate of failures that opens it."""
    open_s: Seconds
    successes: Count = 1
    """This many successful probes close it."""
    probes: Count | None = None
    """This many calls at once are let through half-open; left out: no cap is declared."""
    order: Literal["around-retry", "inside-retry"] = "around-retry"
    """Whether one call counts as one result, or each of its attempts does."""

    @model_validator(mode="after")
    def _opens_by_one_rule(self) -> Self:
        refuse(
            "needs either failures, a number in a row, or rate"
            if (self.failures is None) == (self.rate is None)
            else None
        )
        return self

    @property
    def failures_to_open(self) -> int:
        """How many failures in a row surely open it, after a few calls that went well."""
        if self.failures is not None:
            return self.failures
        assert self.rate is not None, "one of the two is declared"
        share = self.rate.failures
        enough = _FEW_GOOD if share == 1 else ceil(share * _FEW_GOOD / (1 - share))
        return min(max(self.rate.minimum_calls, enough), self.rate.window_calls or 1_000_000)

    @property
    def threshold(self) -> str:
        """What opens it, in words."""
        if self.rate is None:
            return f"{self.failures} failures in a row"
        return f"a rate of failures of {self.rate.failures:.0%}"


class DeclaredCache(Section):
    """A declared cache. Times are seconds."""

    ttl_s: Seconds
    max_entries: Count | None = None
    fresh_within_s: Seconds | None = None
    """By when a change at the provider is shown, although it was cached; less than ttl_s."""
    missing_ttl_s: SecondsOrNone | None = None
    """For how long "there is none" (a 404) may be kept at most; 0: never."""
    single_flight: bool | None = None
    """Concurrent misses of one entity make one request, whose failure reaches all of them."""
    stale_if_error_s: SecondsOrNone | None = None
    """How long past its time an entry is served, as stale, while the provider is down; 0: never."""
    serves_while_open: bool | None = None
    """A fresh entry is served whatever the breaker's state."""

    @model_validator(mode="after")
    def _sooner_than_expiry(self) -> Self:
        if self.fresh_within_s is not None and self.fresh_within_s >= self.ttl_s:
            raise ValueError(
                f"fresh_within_s is {self.fresh_within_s:g} and must be under ttl_s, "
                f"{self.ttl_s:g}: expiry alone would show the change by then"
            )
        return self


class DeclaredConcurrency(Section):
    """A declared limit of concurrent requests, also known as a bulkhead."""

    max_requests: Count
    """At most this many requests are at the provider at once; others wait, or are refused."""


class DeclaredFailures(Section):
    """Which of the provider's answers count as failures: they are retried, and trip the breaker."""

    status: tuple[StatusCode, ...] = (429, 500, 502, 503, 504)
    bad_answers: bool = True
    """Answers with a good status that are no JSON, break off, or lack what the schema requires."""

    @model_validator(mode="after")
    def _an_error_at_least(self) -> Self:
        good = [status for status in self.status if status < 400]
        refuse(
            f"status has {', '.join(map(str, good))}, and only 400 to 599 are errors"
            if good
            else None,
            "status is empty; name the answers that count" if not self.status else None,
        )
        return self


class DeclaredIdempotency(Section):
    """Every attempt of one call carries one key."""

    header: Header = "Idempotency-Key"


class DeclaredTrace(Section):
    """The trace id of a request goes on to every attempt that it causes."""

    header: Header = "x-trace-id"
    """With "traceparent", W3C's form is sent and the trace id in it must come through."""


class DeclaredPolicy(Section):
    """What a consumer promises about its calls to one provider."""

    retry: DeclaredRetry | None = None
    breaker: DeclaredBreaker | None = None
    cache: DeclaredCache | None = None
    concurrency: DeclaredConcurrency | None = None
    failures: DeclaredFailures | None = None
    idempotency: DeclaredIdempotency | None = None
    trace: DeclaredTrace | None = None
    answers_within_s: Seconds | None = None
    """By when the consumer answers, whatever the provider does."""
    wire: dict[str, Any] = Field(default_factory=dict)
    """What differs in runs in real time, key by key: times that are short enough to wait for."""

    def for_virtual_time(self) -> "DeclaredPolicy":
        """Return the policy without what differs in real time."""
        own = self.model_dump(exclude={"wire"}, exclude_unset=True)
        return DeclaredPolicy.model_validate(own) if self.wire else self

    def for_wire(self) -> "DeclaredPolicy":
        """Return the policy of runs in real time.

        Raises:
            ValidationError: what it says doesn't fit.
        """
        own = self.model_dump(exclude={"wire"}, exclude_unset=True)
        return DeclaredPolicy.model_validate(overlaid(own, self.wire)) if self.wire else self

    @property
    def call_bound_s(self) -> float | None:
        """How long the consumer may take to answer, as far as it is declared."""
        retried_s = self.retry.longest_s() if self.retry else None
        known = [bound for bound in (self.answers_within_s, retried_s) if bound is not None]
        return min(known, default=None)

    @property
    def calls_to_open(self) -> int | None:
        """How many calls that fail open the breaker; None where none is declared."""
        if self.breaker is None:
            return None
        if self.breaker.order == "inside-retry" and self.retry is not None:
            return ceil(self.breaker.failures_to_open / self.retry.attempts)
        return self.breaker.failures_to_open

    @property
    def failing_status(self) -> int:
        """A status that counts as a failure as the policy is declared."""
        declared = self.failures.status if self.failures else (503,)
        return 503 if 503 in declared else declared[0]
