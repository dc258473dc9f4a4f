"""Events as OpenTelemetry metrics, by `opentelemetry-api`."""

from __future__ import annotations

from typing import Any

from seatrial.resilience.adapters.measures import METRICS, Metric, measure
from seatrial.resilience.events import Event


class OpenTelemetryListener:
    """Counts events on an OpenTelemetry meter; give it to `Events.listen`.

    Args:
        meter: what makes the instruments; the global provider's unless given.
        prefix: what every instrument's name begins with.

    Raises:
        ImportError: `opentelemetry-api` isn't installed; `seatrial[metrics]` has it.
    """

    def __init__(self, meter: Any = None, *, prefix: str = "resilience.") -> None:
        if meter is None:
            try:
                from opentelemetry import metrics
            except ImportError as error:
                raise ImportError(
                    "OpenTelemetryListener needs opentelemetry-api: install seatrial[metrics]"
                ) from error
            meter = metrics.get_meter("seatrial.resilience")
        makers = {
            "counter": meter.create_counter,
            "gauge": meter.create_gauge,
            "histogram": meter.create_histogram,
        }
        self._instruments: dict[Metric, Any] = {
            metric: makers[metric.kind](prefix + metric.name, description=metric.text)
            for metric in METRICS
        }

    def __call__(self, event: Event) -> None:
        """Count one event."""
        for found in measure(event):
            instrument = self._instruments[found.metric]
            if found.metric.kind == "counter":
                instrument.add(found.value, found.labels)
            elif found.metric.kind == "gauge":
                instrument.set(found.value, found.labels)
            else:
                instrument.record(found.value, found.labels)
