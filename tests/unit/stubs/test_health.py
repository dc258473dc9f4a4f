"""Health: side by side, each in its time, critical or not."""

import asyncio

import httpx
import pytest

from seatrial.resilience.testing import virtual_time
from stubs.health import HealthChecker, live_check


async def well() -> None:
    """A dependency that is well."""


async def down() -> None:
    """A dependency that is down."""
    raise ConnectionError("refused")


async def test_without_dependencies_a_service_is_healthy() -> None:
    health = await HealthChecker(lambda: "now").check_health()
    assert health.model_dump(by_alias=True) == {
        "status": "healthy",
        "timestamp": "now",
        "services": [],
        "unhealthyServices": [],
    }


@pytest.mark.parametrize(("critical", "status"), [(True, "unhealthy"), (False, "degraded")])
async def test_what_is_down_says_how_bad_it_is(critical: bool, status: str) -> None:
    checker = HealthChecker()
    checker.add_dependency("fine", well)
    checker.add_dependency("broken", down, critical=critical)
    health = await checker.check_health()
    assert health.status == status
    assert health.unhealthy_services == ["broken"]
    assert health.services[0].status == "healthy"
    assert health.services[1].details == {"error": "ConnectionError: refused"}


def test_dependencies_are_asked_side_by_side_each_in_its_own_time() -> None:
    async def hang() -> None:
        await asyncio.sleep(3600)

    async def slow() -> dict[str, int]:
        await asyncio.sleep(4)
        return {"answer": 42}

    checker = HealthChecker()
    checker.add_dependency("hangs", hang)
    checker.add_dependency("hangs shortly", hang, timeout_s=1)
    checker.add_dependency("slow", slow)
    with virtual_time() as loop:
        health = loop.run(checker.check_health())
        assert loop.time() == pytest.approx(5.0)
    assert health.unhealthy_services == ["hangs", "hangs shortly"]
    assert health.services[0].details == {"error": "no answer within 5 s"}
    assert health.services[2].details == {"answer": 42}


async def test_another_service_is_asked_for_its_life_only() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200 if len(asked) == 1 else 500)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        check = live_check(http, "http://other")
        assert await check() == {"url": "http://other"}
        with pytest.raises(httpx.HTTPStatusError):
            await check()
    assert asked == ["/health/live", "/health/live"]
