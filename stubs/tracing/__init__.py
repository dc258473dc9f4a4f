"""The trace id that travels with a request, and one JSON line for each event."""

from stubs.tracing.context import (
    current_trace_id,
    new_trace_id,
    traced,
)
from stubs.tracing.lines import LineWriter
from stubs.tracing.middleware import TraceMiddleware
from stubs.tracing.telemetry import client_span, exporting, start_telemetry, stop_telemetry
from stubs.tracing.tracer import Tracer
from stubs.tracing.w3c import trace_headers, traceparent_headers

__all__ = [
    "LineWriter",
    "TraceMiddleware",
    "Tracer",
    "client_span",
    "current_trace_id",
    "exporting",
    "new_trace_id",
    "start_telemetry",
    "stop_telemetry",
    "trace_headers",
    "traced",
    "traceparent_headers",
]
