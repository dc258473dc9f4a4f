"""W3C Trace Context: what came with a request goes on with its calls, next to x-trace-id."""

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from seatrial.errors import UsageError
from stubs.tracing import TraceMiddleware, Tracer, trace_headers
from stubs.tracing.telemetry import start_telemetry

CAME = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def calls_of(headers: dict[str, str]) -> list[httpx.Headers]:
    """The headers of two calls that a request causes which came with these."""
    calls: list[httpx.Headers] = []

    async def service(_scope: Scope, _receive: Receive, send: Send) -> None:
        calls.extend(httpx.Headers(trace_headers()) for _ in range(2))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = TraceMiddleware(service, Tracer("s", lambda _: None), lambda *_: None)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://s") as client:
        await client.get("/", headers=headers)
    return calls


async def test_a_traceparent_and_its_state_go_on_beside_the_trace_id() -> None:
    for call in await calls_of({"traceparent": CAME, "tracestate": "a=1", "x-trace-id": "t"}):
        assert call == {"x-trace-id": "t", "traceparent": CAME, "tracestate": "a=1"}


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "nonsense",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        CAME.upper(),
        CAME + "-x",
        CAME * 100,
    ],
)
async def test_one_that_cannot_be_used_is_replaced(bad: str) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    first, second = await calls_of(
        {"traceparent": bad, "tracestate": "a=1", "x-trace-id": trace_id}
    )
    assert first["traceparent"].startswith(f"00-{trace_id}-")
    assert "tracestate" not in first
    assert first["traceparent"] != second["traceparent"]


async def test_the_calls_of_a_request_without_one_are_in_one_trace() -> None:
    first, second = await calls_of({"x-trace-id": "not-hexadecimal"})
    assert len(first["traceparent"]) == len(CAME)
    assert first["traceparent"].split("-")[1] == second["traceparent"].split("-")[1]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER='zipkin' isn't here"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL='grpc' isn't here; use http/protobuf",
        ),
    ],
)
def test_what_cannot_be_exported_is_said(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        start_telemetry("s", environment)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {"OTEL_SERVICE_NAME": "x"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_nothing_is_exported_unless_it_is_asked_for(environment: dict[str, str]) -> None:
    assert not start_telemetry("s", environment)
