"""A declared circuit breaker, and what opens it."""

from math import floor
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seatrial.config.section import Count, Seconds, Section, refuse

_FEW_GOOD = 6
"""No more calls than this went well before a scenario lets others fail."""


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
    slow_s: Seconds | None = None
    """A call that takes longer is a slow one, whatever its answer."""
    slow_ratio: Annotated[float, Field(strict=True, gt=0, le=1)] | None = None
    """This share of slow calls in the window, or more, opens the breaker too."""

    def enough(self, ratio: float, *, good: int) -> int:
        """Return how many calls in a row surely exceed this share of the window, after good ones.

        Some libraries open at the share itself, others above it.
        """
        most = self.window_calls or 1_000_000
        if ratio == 1:  # the good ones must have left the window
            return self.window_calls or max(self.minimum_calls, good)
        return min(max(self.minimum_calls, floor(ratio * good / (1 - ratio)) + 1), most)

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
            "slow_s and slow_ratio need each other; give both or neither"
            if (self.slow_s is None) != (self.slow_ratio is None)
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
    """For how long it stays open: after it, the provider is asked again."""
    successes: Count = 1
    """This many successful probes close it."""
    probes: Count | None = None
    """This many calls at once are let through half-open; left out: no cap is declared."""
    order: Literal["around-retry", "inside-retry"] = "around-retry"
    """Whether one call counts as one result, or each of its attempts does."""
    retry_after: bool = False
    """Each refusal while it is open says in Retry-After when to ask again: the time left."""

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
        return self.failures_to_open_after(0)

    def failures_to_open_after(self, good: int) -> int:
        """Return how many failures in a row surely open it, after this many calls that went well.

        These are a few at least: some are made before a scenario begins.
        """
        if self.failures is not None:
            return self.failures
        assert self.rate is not None, "one of the two is declared"
        return self.rate.enough(self.rate.failures, good=max(good, _FEW_GOOD))

    @property
    def threshold(self) -> str:
        """What opens it, in words."""
        if self.rate is None:
            return f"{self.failures} failures in a row"
        return f"a rate of failures of {self.rate.failures:.0%}"
