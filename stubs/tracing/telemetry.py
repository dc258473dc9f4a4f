"""OpenTelemetry: spans of what is served and asked, exported only where the environment says so.

Without `OTEL_EXPORTER_OTLP_ENDPOINT` (or `…_TRACES_ENDPOINT`, or `OTEL_TRACES_EXPORTER=otlp`)
nothing of the SDK is imported, and a W3C `traceparent` is handed on as it came.
"""

import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from seatrial.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_INSTRUMENT = "seatrial.stubs"
_FLUSH_S = 2.0  # what waits is sent before the process ends, if somebody takes it in this time
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")

_provider: "TracerProvider | None" = None


def exporting() -> bool:
    """Return whether spans are made and exported."""
    return _provider is not None


def start_telemetry(service: str, environment: Mapping[str, str]) -> bool:
    """Export spans from now on, where OpenTelemetry's own variables ask for it.

    Args:
        service: the name in every span, unless `OTEL_SERVICE_NAME` is set.
        environment: the process's.

    Raises:
        UsageError: they ask for what isn't here.
    """
    global _provider
    if not _asked_for(environment):
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = environment.get("OTEL_SERVICE_NAME", "").strip() or service
    _provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: named}), shutdown_on_exit=False
    )
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(_provider)
    return True


def stop_telemetry() -> None:
    """Send what waits; a collector that is down holds nobody up for long."""
    if _provider is not None:
        sending = threading.Thread(target=_provider.shutdown, daemon=True)
        sending.start()
        sending.join(_FLUSH_S)


def _asked_for(environment: Mapping[str, str]) -> bool:
    def text(name: str) -> str:
        return environment.get(name, "").strip().lower()

    exporter = text("OTEL_TRACES_EXPORTER")
    if text("OTEL_SDK_DISABLED") == "true" or exporter == "none":
        return False
    if not exporter and not any(map(text, _ENDPOINTS)):
        return False
    if exporter not in {"", "otlp"}:
        raise UsageError(f"OTEL_TRACES_EXPORTER={exporter!r} isn't here; use otlp or none")
    for name in _PROTOCOLS:
        if text(name) not in {"", "http/protobuf"}:
            raise UsageError(f"{name}={text(name)!r} isn't here; use http/protobuf")
    return True


@contextmanager
def server_span(method: str, path: str) -> Generator[Span]:
    """The span of a request that is served, a child of what its `traceparent` said."""
    attributes = {"http.request.method": method, "url.path": path}
    with trace.get_tracer(_INSTRUMENT).start_as_current_span(
        method, kind=SpanKind.SERVER, attributes=attributes, record_exception=False
    ) as span:
        yield span


def finish_server_span(span: Span, method: str, route: str | None, status: int) -> None:
    """Name it by its route's template, and say how it ended."""
    if route is not None:
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
    span.set_attribute("http.response.status_code", status)
    if status >= 500 or not status:
        span.set_status(StatusCode.ERROR)


@contextmanager
def client_span(method: str, url: str, server: str) -> Generator[Span]:
    """The span of one try of a call."""
    attributes = {"http.request.method": method, "url.full": url, "server.address": server}
    with trace.get_tracer(_INSTRUMENT).start_as_current_span(
        method, kind=SpanKind.CLIENT, attributes=attributes
    ) as span:
        yield span


@contextmanager
def under(carried: context.Context | None) -> Generator[None]:
    """Give what is inside the trace that came with a request; None: there is none."""
    if carried is None:
        yield
        return
    token = context.attach(carried)
    try:
        yield
    finally:
        context.detach(token)
