"""Events as Prometheus metrics, by `prometheus_client`."""

from __future__ import annotations

from typing import Any

from seatrial.resilience.adapters.measures import METRICS, Metric, measure
from seatrial.resilience.events import Event


class PrometheusListener:
    """Counts events in a Prometheus registry; give it to `Events.listen`.

    Args:
        registry: where the metrics are registered; the client's own unless given.
        prefix: what every metric's name begins with.

    Raises:
        ImportError: `prometheus_client` isn't installed; `seatrial[metrics]` has it.
    """

    def __init__(self, registry: Any = None, *, prefix: str = "resilience_") -> None:
        try:
            import prometheus_client
        except ImportError as error:
            raise ImportError(
                "PrometheusListener needs prometheus_client: install seatrial[metrics]"
            ) from error
        kinds = {
            "counter": prometheus_client.Counter,
            "gauge": prometheus_client.Gauge,
            "histogram": prometheus_client.Histogram,
        }
        where = {} if registry is None else {"registry": registry}
        self._metrics: dict[Metric, Any] = {
            metric: kinds[metric.kind](prefix + metric.name, metric.text, metric.labels, **where)
            for metric in METRICS
        }

    def __call__(self, event: Event) -> None:
        """Count one event."""
        for found in measure(event):
            metric = self._metrics[found.metric].labels(**found.labels)
            if found.metric.kind == "counter":
                metric.inc(found.value)
            elif found.metric.kind == "gauge":
                metric.set(found.value)
            else:
                metric.observe(found.value)
