"""A declared retry, its waits and its budget."""

from collections.abc import Mapping
from math import floor
from typing import Annotated, Literal, NamedTuple, Self, get_args

from pydantic import Field, model_validator

from seatrial.config.libraries import LIBRARIES, filled_in
from seatrial.config.section import Count, Seconds, SecondsOrNone, Section, refuse

_TELLING_WAIT_S = 0.4
"""So much longer than the caller's own wait is surely another one."""


LibraryName = Literal[
    "urllib3",
    "tenacity",
    "stamina",
    "backoff",
    "httpx-retries",
    "axios-retry",
    "got",
    "go-retryablehttp",
    "resilience4j",
]
assert set(get_args(LibraryName)) == set(LIBRARIES)


class DeclaredBudget(Section):
    """A retry budget: how many further attempts all calls together may send."""

    ratio: Annotated[float, Field(strict=True, ge=0, le=10)] = 0.2
    """Further attempts for each call of the window."""
    floor_per_s: Annotated[float, Field(strict=True, ge=0, le=1_000_000)] = 0.0
    """Further attempts a second that are allowed however few calls there are."""
    window_s: Seconds = 10.0
    """The calls of the last this many seconds are counted."""

    def allowed(self, calls: int) -> float:
        """The most further attempts that this many calls within one window may send."""
        return self.ratio * calls + self.floor_per_s * self.window_s


class WaitRange(NamedTuple):
    """What a declared wait may be, seconds."""

    shortest_s: float
    longest_s: float
    is_even: bool
    """Each length between the two is as likely as any other."""

    @property
    def middle_s(self) -> float:
        """The middle between the two."""
        return (self.shortest_s + self.longest_s) / 2


class DeclaredRetry(Section):
    """A declared retry. Times are seconds."""

    like: LibraryName | None = None
    """The library whose waits these are; it fixes growth and jitter where they aren't said."""
    attempts: Count
    """In all, the first one included."""
    backoff_s: Seconds | None = None
    """The longest wait before the second attempt."""
    growth: Annotated[float, Field(strict=True, ge=1, le=10)] = 2.0
    """Each further wait is this many times as long."""
    cap_s: Seconds | None = None
    """No wait of its own choice is longer."""
    first_wait_s: SecondsOrNone | None = None
    """The wait before the second attempt, where it isn't backoff_s; 0 as in urllib3: none. It has
    no jitter of its own where it is 0."""
    jitter: Literal["full", "equal", "decorrelated", "additive", "none"] = "none"
    """"full": each wait is drawn evenly between nothing and the declared one; "equal": between its
    half and it; "decorrelated": between backoff_s and three times the wait before; "additive":
    between the declared one and up to jitter_s, or jitter_ratio of it, more."""
    jitter_s: Seconds | None = None
    """What additive jitter adds at most, the same to each wait; as in tenacity."""
    jitter_ratio: Annotated[float, Field(strict=True, gt=0, le=10)] | None = None
    """What additive jitter adds at most, as a share of the wait; 0.2 in axios-retry."""
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
    retry_after_with_503: bool = False
    """A Retry-After is waited for with a 503 too, and not with a 429 alone."""
    connection_resends: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    """How often at most the HTTP library itself sends an attempt again whose connection ended
    without an answer; such requests are no attempts of the retry."""
    budget: DeclaredBudget | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_the_library_has_it(cls, said: object) -> object:
        return filled_in(said) if isinstance(said, Mapping) and "like" in said else said

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        refuse(
            self._over("attempt_timeout_s", self.attempt_timeout_s, "deadline_s", self.deadline_s),
            self._over("retry_after_cap_s", self.retry_after_cap_s, "deadline_s", self.deadline_s),
            self._over("backoff_s", self.backoff_s, "cap_s", self.cap_s),
            "cap_s needs backoff_s; add it" if self.cap_s and not self.backoff_s else None,
            "first_wait_s needs backoff_s; add it"
            if self.first_wait_s is not None and not self.backoff_s
            else None,
            self._jitter_problem(),
            "retry_after_dates needs retry_after_cap_s; add it"
            if self.retry_after_dates and self.retry_after_cap_s is None
            else None,
            "retry_after_with_503 needs retry_after_cap_s; add it"
            if self.retry_after_with_503 and self.retry_after_cap_s is None
            else None,
            "retry_after_over_cap needs retry_after_cap_s; add it"
            if self.retry_after_over_cap != "ends" and self.retry_after_cap_s is None
            else None,
        )
        return self

    def _jitter_problem(self) -> str | None:
        given = [one for one in (self.jitter_s, self.jitter_ratio) if one is not None]
        if self.jitter == "additive":
            return None if len(given) == 1 else "additive jitter needs jitter_s or jitter_ratio"
        return "jitter_s and jitter_ratio are of additive jitter alone" if given else None

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
        return tuple(wait.longest_s for wait in self.waits())

    def waits(self) -> tuple[WaitRange, ...]:
        """What each wait before a further attempt may be; empty if undeclared."""
        if self.backoff_s is None:
            return ()
        return tuple(self._wait(number) for number in range(self.attempts - 1))

    def _wait(self, number: int) -> WaitRange:
        first_s, cap_s = self.backoff_s or 0.0, self.cap_s or float("inf")
        if number == 0 and self.first_wait_s is not None:
            first_s = self.first_wait_s
            if first_s == 0:
                return WaitRange(0.0, 0.0, is_even=False)
        if self.jitter == "decorrelated":
            longest_s = min(first_s * 3 ** (number + 1), cap_s)
            return WaitRange(min(first_s, longest_s), longest_s, is_even=False)
        own_s = first_s * self.growth**number
        added_s = (self.jitter_s or 0.0) + own_s * (self.jitter_ratio or 0.0)
        longest_s = min(own_s + added_s, cap_s)
        share = {"full": 0.0, "equal": 0.5}.get(self.jitter, 1.0)
        # Capped, much of what additive jitter draws is the cap itself.
        is_even = self.jitter in ("full", "equal") or (added_s > 0 and own_s + added_s <= cap_s)
        return WaitRange(share * min(own_s, cap_s), longest_s, is_even)

    def longest_s(self) -> float | None:
        """How long a call can take at most, as far as it is declared."""
        tries_s = None
        if self.attempt_timeout_s is not None and (
            self.attempts == 1 or self.backoff_s is not None
        ):
            tries_s = self.attempts * self.attempt_timeout_s + sum(self.waits_s())
        known = [bound_s for bound_s in (tries_s, self.deadline_s) if bound_s is not None]
        return min(known, default=None)
