"""What is concluded about a consumer: parameters of its policy, each with its certainty."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

Value = bool | int | float | str | tuple[int, ...]


class Certainty(StrEnum):
    """The standing of a conclusion."""

    MEASURED = "measured"
    """Seen, and no other mechanism explains it."""
    BOUNDED = "bounded"
    """It lies between two bounds, one of which may be open; more patience would narrow it."""
    UNDECIDED = "undecided"
    """It could not be found out; `why` says what would."""
    ABSENT = "absent"
    """The mechanism isn't there: it would have been seen."""


@dataclass(frozen=True)
class Inferred:
    """A parameter of the policy as it was found. Times are seconds."""

    certainty: Certainty
    why: str
    """The evidence in a sentence, with the statistical test where one was made."""
    value: Value | None = None
    low: float | None = None
    high: float | None = None
    """The interval that the value lies in, where it is a number; None: open on that side."""
    observations: int = 0

    @classmethod
    def measured(
        cls,
        value: Value,
        why: str,
        *,
        observations: int,
        low: float | None = None,
        high: float | None = None,
    ) -> Self:
        """Conclude a value; an exact number is its own interval."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = (value if low is None else low), (value if high is None else high)
        return cls(Certainty.MEASURED, why, value, low, high, observations)

    @classmethod
    def bounded(
        cls, why: str, *, observations: int, low: float | None = None, high: float | None = None
    ) -> Self:
        """Conclude an interval and no value."""
        return cls(Certainty.BOUNDED, why, None, low, high, observations)

    @classmethod
    def undecided(
        cls,
        why: str,
        *,
        observations: int = 0,
        value: Value | None = None,
        low: float | None = None,
        high: float | None = None,
    ) -> Self:
        """Conclude nothing, and say which experiment would.

        Args:
            why: the reason, and what would tell.
            observations: how many there were.
            value: explains all that was seen as well as what else does; a policy may promise it.
            low: of the interval of such values.
            high: of the same.
        """
        return cls(Certainty.UNDECIDED, why, value, low, high, observations)

    @classmethod
    def absent(cls, why: str, *, observations: int) -> Self:
        """Conclude that the mechanism isn't there."""
        return cls(Certainty.ABSENT, why, observations=observations)

    @property
    def is_measured(self) -> bool:
        """Whether there is a value to rely on."""
        return self.certainty is Certainty.MEASURED


NOT_INFERRED: Mapping[str, str] = {
    "retry.budget.window_s": "it takes a time in which a budget fills again",
    "breaker.rate.slow_ratio": "it takes slow calls among others, in many mixtures",
}
"""What no experiment looks for, by name, and the reason."""


@dataclass(frozen=True)
class Behaviour:
    """A consumer's answer to one kind of failure of its provider."""

    attempts: int | None = None
    """Requests that one call sent; None: the wire can't show it."""
    counted: bool | None = None
    """Whether the breaker counts it as a failure; None: undecided, or there is no breaker."""
    cached: bool | None = None
    """Whether the cache keeps the outcome."""
    answer: str = ""
    """The consumer's own answer: an outcome that the edge declares, with the status."""
    after_s: float | None = None
    """The time that its caller waited."""
