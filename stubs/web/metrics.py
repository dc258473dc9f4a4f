"""Prometheus metrics of one service; routes are named by template, never by raw path."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Scope

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Sample:
    """A number that is read when somebody asks.

    Attributes:
        name: the metric's name; of a counter without its `_total`.
        description: what it counts, in one sentence.
        value: the number now.
        counter: whether it only grows.
        labels: label names and values.
    """

    name: str
    description: str
    value: float
    counter: bool = False
    labels: tuple[tuple[str, str], ...] = ()


class Metrics:
    """A registry of its own, so that two services in one process don't mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "http_request_duration_seconds",
            "Time from the request's head to the end of the answer.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, scope: Scope, status: int, took_s: float) -> None:
        """Count a request that ended."""
        route = getattr(scope.get("route"), "path", "unmatched")
        # Anybody can invent a method: each would be a series of its own.
        method = scope["method"] if route != "unmatched" else "any"
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._requests.labels(method, route, str(status))
        child.observe(took_s)

    def read(self, samples: Callable[[], Iterable[Sample]]) -> None:
        """Include these, read whenever somebody asks."""
        self._registry.register(_Reader(samples))

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _Reader(Collector):
    def __init__(self, samples: Callable[[], Iterable[Sample]]) -> None:
        self._samples = samples

    def describe(self) -> list[CounterMetricFamily | GaugeMetricFamily]:
        # Without this the registry reads the samples once when they are registered.
        return []

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for sample in self._samples():
            names = [name for name, _ in sample.labels]
            family = families.get(sample.name)
            if family is None:
                kind = CounterMetricFamily if sample.counter else GaugeMetricFamily
                family = kind(sample.name, sample.description, labels=names)
                families[sample.name] = family
            family.add_metric([value for _, value in sample.labels], sample.value)
        return families.values()
