"""The design's client keeps its faults: it is what the harness must fail."""

import asyncio
from typing import Any

import httpx
import pytest

from seatrial.resilience import CircuitOpen, Unavailable
from seatrial.resilience.testing import FakeClock, ScriptedTransport
from stubs.clients import read_user_client
from stubs.clients.design import (
    CircuitState,
    DesignCircuitBreaker,
    DesignCircuitOpenError,
    DesignLookup,
    DesignResilientUserServiceClient,
    design_retry,
)
from stubs.settings import Environment

PROFILE = {"id": "42", "role": "va"}


class Failed(Exception):  # noqa: N818 - what happened
    """The provider failed."""


async def fail() -> None:
    """An operation that fails."""
    raise Failed


async def succeed() -> None:
    """An operation that succeeds."""


async def fail_times(breaker: DesignCircuitBreaker, times: int) -> None:
    """Let the breaker see this many failures."""
    for _ in range(times):
        with pytest.raises(Failed):
            await breaker.execute(fail)


def client(
    *steps: Any, swallow: bool, clock: FakeClock, then: Any = None
) -> tuple[DesignResilientUserServiceClient, ScriptedTransport]:
    """The design's client with a transport that plays these steps."""
    transport = ScriptedTransport(*steps, then=then)
    made = DesignResilientUserServiceClient(
        read_user_client(Environment({})),
        swallow=swallow,
        transport=transport,
        clock=clock,
        sleep=clock.sleep,
    )
    return made, transport


async def test_five_failures_in_a_row_open_for_sixty_seconds() -> None:
    clock = FakeClock(1000)
    breaker = DesignCircuitBreaker(clock=clock)
    await fail_times(breaker, 4)
    await breaker.execute(succeed)
    await fail_times(breaker, 5)
    assert breaker.state is CircuitState.OPEN
    clock.advance(59.9)
    with pytest.raises(DesignCircuitOpenError):
        await breaker.execute(succeed)
    clock.advance(0.1)
    await breaker.execute(succeed)
    assert str(breaker.state) == "HALF_OPEN"


async def test_three_successes_close() -> None:
    clock = FakeClock(1000)
    breaker = DesignCircuitBreaker(clock=clock)
    await fail_times(breaker, 5)
    clock.advance(60)
    for _ in range(3):
        await breaker.execute(succeed)
    assert breaker.state is CircuitState.CLOSED


async def test_defect_half_open_lets_everybody_through() -> None:
    clock = FakeClock(1000)
    breaker = DesignCircuitBreaker(clock=clock)
    await fail_times(breaker, 5)
    clock.advance(60)
    inside = 0
    gate = asyncio.Event()

    async def probe() -> None:
        nonlocal inside
        inside += 1
        await gate.wait()

    probes = [asyncio.create_task(breaker.execute(probe)) for _ in range(50)]
    await asyncio.sleep(0)
    assert inside == 50
    gate.set()
    await asyncio.gather(*probes)


async def test_defect_a_failure_after_the_first_success_stays_half_open() -> None:
    clock = FakeClock(1000)
    breaker = DesignCircuitBreaker(clock=clock)
    await fail_times(breaker, 5)
    clock.advance(60)
    await breaker.execute(succeed)
    await fail_times(breaker, 1)
    assert breaker.state is CircuitState.HALF_OPEN


async def test_a_failure_before_the_first_success_opens_again() -> None:
    clock = FakeClock(1000)
    breaker = DesignCircuitBreaker(clock=clock)
    await fail_times(breaker, 5)
    clock.advance(60)
    await fail_times(breaker, 1)
    assert breaker.state is CircuitState.OPEN


async def test_defect_a_late_failure_extends_the_open_time() -> None:
    clock = FakeClock(1000)
    breaker = DesignCircuitBreaker(clock=clock)
    gate = asyncio.Event()

    async def fail_late() -> None:
        await gate.wait()
        raise Failed

    late = asyncio.create_task(breaker.execute(fail_late))
    await asyncio.sleep(0)
    await fail_times(breaker, 5)
    clock.advance(59)
    gate.set()
    await asyncio.gather(late, return_exceptions=True)
    clock.advance(59)
    with pytest.raises(DesignCircuitOpenError):
        await breaker.execute(succeed)


async def test_defect_retries_wait_the_same_every_time() -> None:
    clock = FakeClock()
    with pytest.raises(Failed):
        await design_retry(fail, sleep=clock.sleep)
    assert clock.slept == [2.0, 4.0]


async def test_defect_every_error_becomes_null_and_nobody_tries_again() -> None:
    clock = FakeClock(1000)
    made, transport = client(swallow=True, clock=clock, then=500)
    for _ in range(20):
        assert await made.get_basic_profile("42") is None
    assert len(transport.requests) == 20
    assert made.breaker.state is CircuitState.CLOSED
    assert clock.slept == []


async def test_with_errors_let_through_retry_and_breaker_work_as_designed() -> None:
    clock = FakeClock(1000)
    made, transport = client(swallow=False, clock=clock, then=500)
    for _ in range(5):
        with pytest.raises(httpx.HTTPStatusError):
            await made.get_basic_profile("42")
    with pytest.raises(DesignCircuitOpenError):
        await made.get_basic_profile("42")
    assert len(transport.requests) == 15


async def test_defect_the_breaker_refuses_what_is_in_the_cache() -> None:
    clock = FakeClock(1000)
    made, _ = client(
        httpx.Response(200, json=PROFILE), swallow=False, clock=clock, then=httpx.ReadError("x")
    )
    await made.get_basic_profile("42")
    for _ in range(5):
        with pytest.raises(httpx.ReadError):
            await made.get_basic_profile("other")
    with pytest.raises(DesignCircuitOpenError):
        await made.get_basic_profile("42")


async def test_defect_misses_side_by_side_each_ask() -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(200, json=PROFILE)

    made, transport = client(swallow=True, clock=FakeClock(1000), then=answer)
    await asyncio.gather(*(made.get_basic_profile("42") for _ in range(20)))
    assert len(transport.requests) == 20


async def test_an_unknown_user_is_null_and_no_failure() -> None:
    made, _ = client(swallow=False, clock=FakeClock(1000), then=404)
    assert await made.get_basic_profile("42") is None
    assert made.breaker.state is CircuitState.CLOSED


async def test_the_lookup_says_the_source_and_types_the_errors() -> None:
    clock = FakeClock(1000)
    made, _ = client(httpx.Response(200, json=PROFILE), swallow=False, clock=clock, then=500)
    lookup = DesignLookup(made)
    assert (await lookup.look_up_profile("42")).source == "origin"
    assert (await lookup.look_up_profile("42")).source == "cache"
    for _ in range(5):
        with pytest.raises(Unavailable):
            await lookup.look_up_profile("other")
    with pytest.raises(CircuitOpen):
        await lookup.look_up_profile("42")
    clock.advance(300)
    assert made.cached("42") is None
