"""What a consumer promises. What is left out isn't declared, and so isn't checked."""

from math import ceil
from typing import Any, Self

from pydantic import Field, model_validator

from seatrial.config.breaker import DeclaredBreaker, DeclaredRate
from seatrial.config.failures import DeclaredFailures, FailureCause
from seatrial.config.retry import DeclaredRetry
from seatrial.config.section import Count, Header, Seconds, SecondsOrNone, Section, overlaid

_FIRST_FAILING, _UNAVAILABLE = 500, 503


class DeclaredCache(Section):
    """A declared cache. Times are seconds."""

    ttl_s: Seconds
    """For how long an entry is served without asking the provider."""
    max_entries: Count | None = None
    """No more entries are kept at the same time."""
    max_entries_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The consumer's environment variable that sets max_entries: a bound of thousands is put to the
    test as one of a few entries."""
    fresh_within_s: Seconds | None = None
    """By when a change at the provider is shown, although it was cached; less than ttl_s."""
    missing_ttl_s: SecondsOrNone | None = None
    """For how long "there is none" (a 404) may be kept at most; 0: never."""
    single_flight: bool | None = None
    """Concurrent misses of one entity make one request, whose failure reaches all of them."""
    max_waiters: Count | None = None
    """At most this many callers wait for the request that another one makes; further ones are
    answered at once, as while the provider is down."""
    stale_if_error_s: SecondsOrNone | None = None
    """How long past its time an entry is served, as stale, while the provider is down; 0: never."""
    serves_while_open: bool | None = None
    """A fresh entry is served whatever the breaker's state."""

    @model_validator(mode="after")
    def _names_a_bound(self) -> Self:
        if self.max_entries_env is not None and self.max_entries is None:
            raise ValueError("max_entries_env needs max_entries; add it")
        return self

    @model_validator(mode="after")
    def _has_waiters(self) -> Self:
        if self.max_waiters is not None and not self.single_flight:
            raise ValueError("max_waiters needs single_flight = true; without it nobody waits")
        return self

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


class DeclaredIdempotency(Section):
    """Every attempt of one call carries one key."""

    header: Header = "Idempotency-Key"
    """The header that carries it."""


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

    def retries(self, cause: FailureCause) -> bool:
        """Return True if a call is tried again after this; undeclared: after what isn't a 4xx."""
        if self.failures is None:
            return not isinstance(cause, int) or cause >= _FIRST_FAILING
        return self.failures.retries(cause)

    def counts(self, cause: FailureCause) -> bool:
        """Return True if the breaker counts this; undeclared: what isn't a 4xx."""
        if self.failures is None:
            return not isinstance(cause, int) or cause >= _FIRST_FAILING
        return self.failures.counts(cause)

    @property
    def rate_of_calls(self) -> DeclaredRate | None:
        """The rate of failures that opens the breaker, where a call counts once.

        Where each attempt counts for itself, calls can't be mixed so that the rate is known.
        """
        if self.breaker is None:
            return None
        counts_attempts = self.breaker.order == "inside-retry"
        many = counts_attempts and self.retry is not None and self.retry.attempts > 1
        return None if many else self.breaker.rate

    @property
    def calls_to_open(self) -> int | None:
        """How many calls that fail open the breaker; None where none is declared."""
        return self.calls_to_open_by(self.failing_status)

    def calls_to_open_by(self, cause: FailureCause, *, good: int = 0) -> int | None:
        """Return how many calls that fail for one cause open the breaker, if it is counted.

        Args:
            cause: why they fail.
            good: the calls before them that didn't.
        """
        if self.breaker is None:
            return None
        each = 1
        if self.breaker.order == "inside-retry" and self.retry and self.retries(cause):
            each = self.retry.attempts
        return ceil(self.breaker.failures_to_open_after(good) / each)

    @property
    def failing_status(self) -> int:
        """A status that is a failure as the policy is declared: counted, and retried if any is."""
        declared = self.failures
        if declared is None:
            return _UNAVAILABLE
        if self.breaker is None:
            return declared.retried_status or declared.status[0]
        return declared.counted_status or declared.retried_status or declared.status[0]
