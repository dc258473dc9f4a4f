"""Events as metrics: a pure function, for every system of metrics alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from seatrial.resilience._states import CircuitState
from seatrial.resilience.events import (
    CacheRead,
    CallRefused,
    Event,
    GaveUp,
    Loaded,
    Retried,
    StateChanged,
    TrustChanged,
)
from seatrial.resilience.operation import Operation

STATES = {
    CircuitState.CLOSED: 0,
    CircuitState.HALF_OPEN: 1,
    CircuitState.OPEN: 2,
    CircuitState.ISOLATED: 3,
}
"""A breaker's state as a number: the higher, the less gets through."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: with its unit, without any prefix or `_total`.
        kind: whether values are added up, replace each other, or are distributed.
        text: what it says.
        labels: the names of its labels.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """One value for one metric."""

    metric: Metric
    labels: Mapping[str, str]
    value: float = field(default=1.0)


BREAKER_STATE = Metric(
    "breaker_state", "gauge", "0 closed, 1 half open, 2 open, 3 isolated.", ("breaker",)
)
BREAKER_CHANGES = Metric(
    "breaker_changes", "counter", "Changes of state.", ("breaker", "before", "after")
)
BREAKER_REFUSALS = Metric(
    "breaker_refusals", "counter", "Calls that were not let through.", ("breaker", "state")
)
RETRIES = Metric("retries", "counter", "Attempts after the first.", ("service", "operation"))
GIVEN_UP = Metric(
    "retries_given_up",
    "counter",
    "Failed calls that were not tried again.",
    ("service", "operation", "reason"),
)
CACHE_READS = Metric("cache_reads", "counter", "Lookups that were emitted.", ("cache", "source"))
CACHE_LOADS = Metric(
    "cache_load_seconds", "histogram", "Time that the origin took.", ("cache", "outcome")
)
CACHE_TRUSTED = Metric("cache_trusted", "gauge", "0 while events may be missed.", ("cache",))

METRICS = (
    BREAKER_STATE,
    BREAKER_CHANGES,
    BREAKER_REFUSALS,
    RETRIES,
    GIVEN_UP,
    CACHE_READS,
    CACHE_LOADS,
    CACHE_TRUSTED,
)
"""All metrics that `measure` may name."""


def measure(event: Event) -> tuple[Measure, ...]:
    """Return what an event adds to which metrics."""
    match event:
        case StateChanged(breaker, before, after):
            changed = {"breaker": breaker, "before": str(before), "after": str(after)}
            state = STATES[CircuitState(after)]
            return (
                Measure(BREAKER_CHANGES, changed),
                Measure(BREAKER_STATE, {"breaker": breaker}, state),
            )
        case CallRefused(breaker, state):
            return (Measure(BREAKER_REFUSALS, {"breaker": breaker, "state": str(state)}),)
        case Retried(operation):
            return (Measure(RETRIES, _named(operation)),)
        case GaveUp(operation, _, reason):
            return (Measure(GIVEN_UP, {**_named(operation), "reason": reason}),)
        case CacheRead(cache, _, source):
            return (Measure(CACHE_READS, {"cache": cache, "source": source}),)
        case Loaded(cache, _, seconds, error):
            outcome = "answered" if error is None else "failed"
            return (Measure(CACHE_LOADS, {"cache": cache, "outcome": outcome}, seconds),)
        case TrustChanged(cache, trusted):
            return (Measure(CACHE_TRUSTED, {"cache": cache}, float(trusted)),)


def _named(operation: Operation) -> dict[str, str]:
    return {"service": operation.service, "operation": operation.name}
