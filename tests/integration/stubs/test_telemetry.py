"""OpenTelemetry: spans arrive at a collector when one is named, and cost nothing when none is."""

import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from seatrial.system import Session
from tests.integration.stubs.reference import ROOT, start

CAME = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True)
class Span:
    """A span, as it arrived."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]


def _read(body: bytes) -> Iterator[Span]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = {each.key: each.value.string_value for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                values = {
                    each.key: each.value.string_value or each.value.int_value
                    for each in span.attributes
                }
                ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
                yield Span(names["service.name"], span.name, span.kind, *ids, values)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Span]]]:
    """Its URL, and the spans that arrived."""
    spans: list[Span] = []

    class Collector(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            spans.extend(_read(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", spans
    server.shutdown()
    server.server_close()


def test_a_request_through_two_services_is_one_trace(
    collector: tuple[str, list[Span]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, spans = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    with Session() as session:
        system = start(session)
        user_id = system.create("a@telemetry")
        headers = {"traceparent": CAME, "x-trace-id": "t-1"}
        card = system.http.get(f"{system.market_urls[0]}/users/{user_id}/card", headers=headers)
        assert card.status_code == 200
        system.http.close()
        for process in (*system.markets, system.user):
            process.stop()
            assert process.returncode == 0, process.tail()
    mine = {(span.service, span.kind): span for span in spans if span.trace == CAME.split("-")[1]}
    assert set(mine) == {
        ("marketplace-service", 2),
        ("marketplace-service", 3),
        ("user-service", 2),
    }
    market, call = mine["marketplace-service", 2], mine["marketplace-service", 3]
    user = mine["user-service", 2]
    assert (market.name, market.parent) == ("GET /users/{user_id}/card", CAME.split("-")[2])
    assert (call.name, call.parent) == ("GET", market.id)
    assert (user.name, user.parent) == ("GET /users/{user_id}/profile", call.id)
    assert market.attributes["http.response.status_code"] == 200
    assert market.attributes["x_trace_id"] == "t-1"


def test_a_collector_that_is_down_delays_neither_answers_nor_the_end(free_port: int) -> None:
    with Session() as session:
        process = session.start(
            "user-service",
            ["python", "-m", "stubs.user"],
            env={
                "DATABASE_URL": f"sqlite:///{session.dir}/users.sqlite",
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port}",
            },
            cwd=ROOT,
        )
        url = process.wait_listening()["url"]
        assert httpx.get(f"{url}/users/x", trust_env=False).status_code == 404
        began_s = time.monotonic()
        process.stop(grace_s=30)
        assert process.returncode == 0
        assert time.monotonic() - began_s < 8


def test_without_a_collector_neither_tracing_sdk_nor_exporter_is_imported() -> None:
    # redis-py imports the SDK's metrics by itself.
    code = (
        "import sys, stubs.marketplace.app, stubs.payments.app\n"
        "from stubs.tracing import start_telemetry\n"
        "start_telemetry('s', {})\n"
        "print([m for m in sys.modules if m.startswith(('opentelemetry.sdk.trace', "
        "'opentelemetry.exporter'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
