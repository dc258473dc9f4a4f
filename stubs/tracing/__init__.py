"""What travels with a request: its trace id; and one JSON line for each event."""

from stubs.tracing.context import (
    current_trace_id,
    new_trace_id,
    traced,
)
from stubs.tracing.lines import LineWriter
from stubs.tracing.middleware import TraceMiddleware
from stubs.tracing.tracer import Tracer

__all__ = [
    "LineWriter",
    "TraceMiddleware",
    "Tracer",
    "current_trace_id",
    "new_trace_id",
    "traced",
]
