"""W3C Trace Context next to `x-trace-id`: what came with a request goes on with its calls."""

import hashlib
import os

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN_CONTEXT
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from stubs.tracing.context import current_trace_id

_PROPAGATOR = TraceContextTextMapPropagator()
_HEADERS = {b"traceparent": "traceparent", b"tracestate": "tracestate"}


def carried_context(headers: list[tuple[bytes, bytes]]) -> Context | None:
    """The trace that a request came with; None when it came with none that can be used."""
    carrier: dict[str, str] = {}
    for name, value in headers:
        known = _HEADERS.get(name)
        if known is not None:
            carrier.setdefault(known, value.decode("latin-1"))
    if "traceparent" not in carrier:
        return None
    found = _PROPAGATOR.extract(carrier, Context())
    came = trace.get_current_span(found).get_span_context()
    return found if came.is_valid else None


def trace_headers() -> dict[str, str]:
    """The trace of the request at hand, for a call that it causes; nothing outside a request."""
    trace_id = current_trace_id()
    return {} if trace_id is None else {"x-trace-id": trace_id, **traceparent_headers(trace_id)}


def traceparent_headers(trace_id: str) -> dict[str, str]:
    """`traceparent`, and `tracestate` where there is one, of a call that a request causes.

    Of the trace at hand; of a request that came with none, one that is made from its `x-trace-id`,
    so that all its calls are in the same.
    """
    headers: dict[str, str] = {}
    if trace.get_current_span().get_span_context() != INVALID_SPAN_CONTEXT:
        _PROPAGATOR.inject(headers)
        return headers
    whole = hashlib.blake2b(trace_id.encode(), digest_size=16).hexdigest()
    if len(trace_id) == 32 and set(trace_id) <= set("0123456789abcdef") and int(trace_id, 16):
        whole = trace_id
    return {"traceparent": f"00-{whole}-{os.urandom(8).hex()}-00"}
