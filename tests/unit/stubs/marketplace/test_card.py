"""marketplace-service's card, over whatever user-service answers."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from seatrial.resilience.testing import ScriptedTransport
from stubs.marketplace.app import create_app
from stubs.marketplace.settings import MarketplaceSettings
from stubs.settings import Environment
from stubs.tracing import Tracer
from stubs.user.schemas import CreateUser

PROFILE = {"id": "42", "role": "va", "name": "Ada", "version": 3}


SETTINGS = {"USER_CLIENT_BACKOFF_S": "0.001"}


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service has a database, though no card is in it."""
    monkeypatch.setitem(SETTINGS, "DATABASE_URL", f"sqlite:///{tmp_path}/market.sqlite")


def build(transport: httpx.AsyncBaseTransport, **environment: str) -> FastAPI:
    """marketplace-service, whose user-service is behind the transport."""
    settings = MarketplaceSettings.read(Environment({**SETTINGS, **environment}))
    return create_app(settings, Tracer("m", lambda _: None), transport=transport)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://m") as client,
    ):
        yield client


def marketplace(
    transport: httpx.AsyncBaseTransport, **environment: str
) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A client of marketplace-service, whose user-service is behind the transport."""
    return serving(build(transport, **environment))


async def test_a_card_is_the_profile_and_its_source() -> None:
    transport = ScriptedTransport(httpx.Response(200, json={**PROFILE, "email": "secret@x"}))
    async with marketplace(transport) as http:
        first = await http.get("/users/42/card")
        second = await http.get("/users/42/card")
    assert first.json() == {"user": PROFILE, "source": "origin"}
    assert second.json() == {"user": PROFILE, "source": "cache"}
    assert first.headers["content-type"] == "application/json"


async def test_an_unknown_user_has_no_card() -> None:
    async with marketplace(ScriptedTransport(404)) as http:
        answer = await http.get("/users/42/card")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("bad", ["%00", "x" * 129, "a%0Ab", ".."])
async def test_what_cannot_be_an_id_has_no_card_and_nobody_is_asked(bad: str) -> None:
    transport = ScriptedTransport()
    async with marketplace(transport) as http:
        url = httpx.URL("http://m").copy_with(raw_path=f"/users/{bad}/card".encode())
        assert (await http.get(url)).status_code == 404
    assert transport.requests == []


@pytest.mark.parametrize(
    ("step", "retry_after"),
    [
        (500, "1"),
        (httpx.ConnectError("refused"), "1"),
        (429, "1"),
        (httpx.Response(503, headers={"retry-after": "40"}), "40"),
        (400, "1"),
        (403, "1"),
        (httpx.Response(200, content=b"<html>"), "1"),
        (httpx.Response(200, json={"id": 1}), "1"),
    ],
)
async def test_whatever_keeps_it_from_knowing_is_503_with_retry_after(
    step: Any, retry_after: str
) -> None:
    async with marketplace(ScriptedTransport(then=step)) as http:
        answer = await http.get("/users/42/card")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == retry_after
    assert answer.json()["traceId"] == answer.headers["x-trace-id"]


async def test_an_open_circuit_says_the_time_left_and_sends_nothing() -> None:
    transport = ScriptedTransport(then=500)
    async with marketplace(transport) as http:
        for number in range(5):
            await http.get(f"/users/{number}/card")
        answer = await http.get("/users/6/card")
        metrics = (await http.get("/metrics")).text
    assert answer.status_code == 503
    assert 59 <= int(answer.headers["retry-after"]) <= 60
    assert len(transport.requests) == 15
    assert 'circuit_state{circuit="user-service"} 2.0' in metrics
    assert 'circuit_opened_total{circuit="user-service"} 1.0' in metrics


async def test_a_caller_without_time_left_gets_503_and_nothing_is_sent() -> None:
    transport = ScriptedTransport()
    async with marketplace(transport) as http:
        answer = await http.get("/users/42/card", headers={"x-request-deadline-ms": "0"})
    assert answer.status_code == 503
    assert transport.requests == []


async def test_an_old_card_is_served_as_stale() -> None:
    app = build(ScriptedTransport(httpx.Response(200, json=PROFILE), then=500))
    async with serving(app) as http:
        await http.get("/users/42/card")
        app.state.marketplace.users.client.profiles.distrust()  # as when events are lost
        answer = await http.get("/users/42/card")
    assert answer.json() == {"user": PROFILE, "source": "stale"}


async def test_metrics_count_hits_and_misses() -> None:
    async with marketplace(ScriptedTransport(httpx.Response(200, json=PROFILE))) as http:
        for _ in range(3):
            await http.get("/users/42/card")
        text = (await http.get("/metrics")).text
    assert "user_cache_hits_total 2.0" in text
    assert "user_cache_misses_total 1.0" in text
    assert "user_cache_entries 1.0" in text
    assert 'route="/users/{user_id}/card",status="200"} 3.0' in text


async def test_health_is_degraded_without_user_service_and_asks_only_for_its_life() -> None:
    transport = ScriptedTransport(200, 200, 500, 500)
    async with marketplace(transport) as http:
        assert (await http.get("/health")).json()["status"] == "healthy"
        answer = await http.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["unhealthyServices"] == ["user-service", "payments-service"]
    assert [request.url.path for request in transport.requests] == ["/health/live"] * 4


async def test_the_real_user_service_is_understood(users: object, user_app: FastAPI) -> None:
    service = user_app.state.service
    await service.seed("42", CreateUser(email="ada@x", role="va", verificationLevel="basic"))
    async with marketplace(httpx.ASGITransport(user_app)) as http:
        card = (await http.get("/users/42/card")).json()
        assert (await http.get("/users/43/card")).status_code == 404
    user = {"id": "42", "role": "va", "verificationLevel": "basic", "version": 1}
    assert card == {"user": user, "source": "origin"}


@pytest.mark.parametrize(("client", "status"), [("design", 404), ("design-raising", 503)])
async def test_the_designs_clients_take_the_real_ones_place(client: str, status: int) -> None:
    transport = ScriptedTransport(httpx.Response(200, json=PROFILE), then=500)
    async with marketplace(transport, USER_CLIENT=client) as http:
        assert (await http.get("/users/42/card")).json()["source"] == "origin"
        assert (await http.get("/users/42/card")).json()["source"] == "cache"
        assert (await http.get("/users/43/card")).status_code == status


async def test_the_document_names_every_answer() -> None:
    async with marketplace(ScriptedTransport()) as http:
        document = (await http.get("/openapi.json")).json()
    assert sorted(document["paths"]["/users/{user_id}/card"]["get"]["responses"]) == [
        "200",
        "404",
        "408",
        "503",
    ]
