"""Every error answer is a problem, whatever it came from."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from starlette.responses import StreamingResponse

from seatrial.resilience import current_deadline
from stubs.health import HealthChecker
from stubs.tracing import Tracer
from stubs.web import Metrics, Shell, new_application


@asynccontextmanager
async def nothing() -> AsyncIterator[None]:
    """Run nothing next to these requests."""
    yield


@pytest.fixture
def app(lines: list[str]) -> FastAPI:
    shell = Shell(Tracer("s", lines.append), HealthChecker(), Metrics())
    return new_application("s", shell, nothing, add_routes, down=(OperationalError,))


def add_routes(app: FastAPI) -> None:
    """Routes that go wrong, and one with several methods."""
    app.state.running = 0

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the secret inside")

    @app.get("/database")
    async def database() -> None:
        raise OperationalError("SELECT 1", {}, Exception("disk I/O error"))

    @app.get("/deadline")
    async def deadline() -> str:
        now = current_deadline()
        return "none" if now is None else str(round(now.remaining_s()))

    @app.get("/slow")
    async def slow() -> None:
        app.state.running += 1
        try:
            await asyncio.Event().wait()
        finally:
            app.state.running -= 1

    @app.get("/late")
    async def late() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            deadline = current_deadline()
            assert deadline is not None
            yield b"begun, "
            await asyncio.sleep(deadline.remaining_s() + 0.01)
            yield b"ended"

        return StreamingResponse(parts())

    @app.get("/things/{thing}")
    @app.put("/things/{thing}")
    async def thing(thing: str) -> str:
        return thing

    @app.delete("/things/{thing}")
    async def drop(thing: str) -> str:
        return thing


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://s", headers={"x-trace-id": "t"}
    ) as client:
        yield client


async def test_what_nobody_foresaw_is_a_500_that_tells_nothing_of_its_inside(
    http: httpx.AsyncClient, lines: list[str]
) -> None:
    answer = await http.get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-trace-id"] == "t"
    assert "secret" not in answer.text
    assert answer.json()["traceId"] == "t"
    failed = [json.loads(line) for line in lines if "request_failed" in line]
    assert "the secret inside" in failed[0]["data"]["error"]


async def test_a_database_that_is_down_is_503_with_retry_after(http: httpx.AsyncClient) -> None:
    answer = await http.get("/database")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"


async def test_an_unknown_route_is_a_404_problem(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Nothing is served at this path.",
        "traceId": "t",
    }


async def test_a_slash_at_the_end_is_another_path(http: httpx.AsyncClient) -> None:
    assert (await http.get("/things/1/")).status_code == 404


async def test_a_wrong_method_is_405_and_allow_names_all_methods(http: httpx.AsyncClient) -> None:
    answer = await http.post("/things/1")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE, GET, PUT"
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("header", "seen"), [("5000", "5"), ("nonsense", "none"), ("-1", "none"), ("", "none")]
)
async def test_the_callers_deadline_is_around_the_request(
    http: httpx.AsyncClient, header: str, seen: str
) -> None:
    answer = await http.get("/deadline", headers={"x-request-deadline-ms": header})
    assert answer.json() == seen


@pytest.mark.parametrize("left_ms", ["50", "0"])
async def test_the_work_for_a_caller_that_has_gone_is_stopped(
    http: httpx.AsyncClient, app: FastAPI, left_ms: str
) -> None:
    answer = await http.get("/slow", headers={"x-request-deadline-ms": left_ms})
    assert answer.status_code == 408
    assert answer.headers["content-type"] == "application/problem+json"
    assert app.state.running == 0


async def test_an_answer_that_has_begun_is_told_to_its_end(http: httpx.AsyncClient) -> None:
    answer = await http.get("/late", headers={"x-request-deadline-ms": "300"})
    assert answer.text == "begun, ended"


async def test_metrics_name_routes_by_template(http: httpx.AsyncClient) -> None:
    await http.get("/things/secret-path")
    await http.get("/nowhere")
    await http.request("INVENTED", "/elsewhere")
    text = (await http.get("/metrics")).text
    assert 'route="/things/{thing}"' in text
    assert "secret-path" not in text
    assert "INVENTED" not in text
    assert 'method="any",route="unmatched",status="404"} 2.0' in text


async def test_live_asks_nobody(http: httpx.AsyncClient) -> None:
    answer = await http.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
