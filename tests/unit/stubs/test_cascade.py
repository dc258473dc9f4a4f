"""Health never cascades: services that need each other ask whether the other lives, and no more."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fuzz.system import SERVICES, System


class Watched(System):
    """The services in this process; what they ask each other is written down."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[httpx.Request] = []
        self.down: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Write it down, and deliver it where somebody is."""
        self.asked.append(request)
        if request.url.host in self.down:
            raise httpx.ConnectError("refused")
        return await super().handle_async_request(request)


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[Watched]:
    system = Watched(tmp_path)
    async with system.running():
        system.asked.clear()
        yield system


async def health(system: Watched, name: str) -> httpx.Response:
    transport = httpx.ASGITransport(system.apps[name])
    async with httpx.AsyncClient(transport=transport, base_url="http://s") as client:
        return await client.get("/health", headers={"x-trace-id": "t-health"})


@pytest.mark.parametrize("name", SERVICES)
async def test_a_health_check_asks_for_life_alone(system: Watched, name: str) -> None:
    assert (await health(system, name)).json()["status"] == "healthy"
    assert {request.url.path for request in system.asked} <= {"/health/live"}
    assert bool(system.asked) == (name != "user-service")


async def test_its_calls_carry_its_trace(system: Watched) -> None:
    await health(system, "marketplace-service")
    assert {request.headers["x-trace-id"] for request in system.asked} == {"t-health"}
    assert len({request.headers["traceparent"].split("-")[1] for request in system.asked}) == 1


async def test_services_that_need_each_other_degrade_alone(system: Watched) -> None:
    system.down = {"user-service"}
    for name in ("marketplace-service", "payments-service"):
        answer = await health(system, name)
        assert answer.status_code == 200
        assert answer.json()["status"] == "degraded"
        assert answer.json()["unhealthyServices"] == ["user-service"]
