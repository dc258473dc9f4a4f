"""Events as metrics, in Prometheus and in OpenTelemetry."""

import sys
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from seatrial.resilience import (
    BreakerPolicy,
    Cache,
    CircuitBreaker,
    CircuitOpen,
    Events,
    Operation,
    Retry,
    RetryPolicy,
    Unavailable,
    compose,
)
from seatrial.resilience.adapters.measures import METRICS, measure
from seatrial.resilience.adapters.opentelemetry import OpenTelemetryListener
from seatrial.resilience.adapters.prometheus import PrometheusListener
from seatrial.resilience.testing import FakeClock

OPERATION = Operation("user-service", "get_user")


async def cause_every_event(events: Events) -> None:
    """Trip a breaker under a retry under a cache that has lost its events."""
    clock = FakeClock()
    cache: Cache[str, str] = Cache(name="users", clock=clock, events=events, emit_hits=True)
    breaker = CircuitBreaker(
        BreakerPolicy(failures=1), name="user-service", clock=clock, events=events
    )
    retry = Retry(
        RetryPolicy(attempts=2, jitter="none", attempt_timeout_s=None),
        clock=clock,
        sleep=clock.sleep,
        events=events,
    )

    async def load(key: str) -> str:
        if key == "bad":
            raise Unavailable
        clock.advance(0.5)
        return key

    call = compose(cache, breaker, retry)(load, OPERATION)
    await call("good")
    await call("good")
    with pytest.raises(Unavailable):
        await call("bad")
    with pytest.raises(CircuitOpen):
        await call("bad")
    cache.distrust()


EXPECTED = {
    ("breaker_changes", ("user-service", "closed", "open")): 1,
    ("breaker_state", ("user-service",)): 2,
    ("breaker_refusals", ("user-service", "open")): 1,
    ("retries", ("user-service", "get_user")): 1,
    ("retries_given_up", ("user-service", "get_user", "attempts")): 1,
    ("cache_reads", ("users", "origin")): 1,
    ("cache_reads", ("users", "cache")): 1,
    ("cache_load_seconds", ("users", "answered")): 0.5,
    ("cache_load_seconds", ("users", "failed")): 2.0,
    ("cache_trusted", ("users",)): 0,
}


async def test_prometheus_counts_every_event() -> None:
    registry, events = CollectorRegistry(), Events()
    events.listen(PrometheusListener(registry))
    await cause_every_event(events)
    suffix = {"counter": "_total", "gauge": "", "histogram": "_sum"}
    metrics = {metric.name: metric for metric in METRICS}
    for (name, labels), value in EXPECTED.items():
        metric = metrics[name]
        found = registry.get_sample_value(
            f"resilience_{name}{suffix[metric.kind]}", dict(zip(metric.labels, labels, strict=True))
        )
        assert found == value, name


class Meter:
    """Stands where an OpenTelemetry meter would be."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, tuple[str, ...]], float] = {}

    def create_counter(self, name: str, description: str) -> Any:
        """An instrument whose values are added up."""
        return Instrument(self, name, adds=True)

    def create_gauge(self, name: str, description: str) -> Any:
        """An instrument whose last value counts."""
        return Instrument(self, name, adds=False)

    create_histogram = create_counter


class Instrument:
    """Keeps values by their labels."""

    def __init__(self, meter: Meter, name: str, *, adds: bool) -> None:
        self.meter, self.name, self.adds = meter, name.removeprefix("resilience."), adds

    def add(self, value: float, labels: dict[str, str]) -> None:
        """Keep a value."""
        key = (self.name, tuple(labels.values()))
        before = self.meter.values.get(key, 0) if self.adds else 0
        self.meter.values[key] = before + value

    set = record = add


async def test_opentelemetry_counts_every_event() -> None:
    meter, events = Meter(), Events()
    events.listen(OpenTelemetryListener(meter))
    await cause_every_event(events)
    assert meter.values == EXPECTED


async def test_opentelemetrys_own_meter_is_used_unless_another_is_given() -> None:
    events = Events()
    events.listen(OpenTelemetryListener())
    await cause_every_event(events)


async def test_every_measure_fills_the_labels_of_its_metric() -> None:
    events = Events()
    seen: set[str] = set()

    def check(event: Any) -> None:
        for found in measure(event):
            assert tuple(found.labels) == found.metric.labels
            seen.add(found.metric.name)

    events.listen(check)
    await cause_every_event(events)
    assert seen == {metric.name for metric in METRICS}


@pytest.mark.parametrize(
    ("missing", "make"),
    [("prometheus_client", PrometheusListener), ("opentelemetry", OpenTelemetryListener)],
)
def test_a_missing_client_names_the_extra_that_has_it(
    missing: str, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match=r"install seatrial\[metrics\]"):
        make()
