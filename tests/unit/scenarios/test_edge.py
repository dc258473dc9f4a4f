"""A live edge lets a scenario do what it declares, and says what it didn't declare."""

import asyncio
import time
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from seatrial.checks import KINDS, phases
from seatrial.config import DeclaredBreaker, DeclaredPolicy, DeclaredRetry, load_config
from seatrial.errors import UsageError
from seatrial.faults import down, killed
from seatrial.scenarios import FaultTarget, LiveEdge
from seatrial.testbed import CallDriver
from tests.defects.run import HERE
from tests.unit.checks.planted import PlantedEvidence


class ManualClock:
    """A clock that stands still, but for those who wait."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.moment_s = 0.0

    def now_s(self) -> float:
        """Return the time."""
        return self.moment_s

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.moment_s += seconds


def edge(**may: Any) -> LiveEdge:
    """An edge without a wire, with what a scenario declares."""
    declared = load_config(HERE / "seatrial.toml").edges["things"]
    nobody = cast("Any", object())
    wire = cast("Any", type("NoWire", (), {"tap": None})())
    return LiveEdge(declared, nobody, wire, nobody, (), **may)


async def test_a_call_in_a_phase_that_is_not_declared_is_refused() -> None:
    with pytest.raises(UsageError, match="enters the phase 'open', which it doesn't declare"):
        await edge(may_enter=frozenset({phases.FAILING})).call(phases.OPEN)


@pytest.mark.parametrize(
    ("fault", "target"), [(down(), FaultTarget.VALKEY), (killed(), FaultTarget.PROVIDER)]
)
async def test_a_fault_on_what_is_not_declared_is_refused(fault: Any, target: FaultTarget) -> None:
    said = rf"on '{target}', which it doesn't declare; add FaultTarget\.{target.name} to"
    with pytest.raises(UsageError, match=said):
        async with edge(may_hit=frozenset()).fault(fault, on=target):
            raise AssertionError("it was made")


async def test_a_target_that_is_misspelt_is_named() -> None:
    with pytest.raises(UsageError, match="can't hit 'valky'; did you mean valkey"):
        async with edge().fault(down(), on=cast("FaultTarget", "valky")):
            raise AssertionError("it was made")


async def test_waits_pass_on_the_clock_that_was_given() -> None:
    clock = ManualClock()
    await edge(clock=clock).until(3600.0)
    assert clock.moment_s == 3600.0


async def test_calls_are_timed_by_the_clock_that_was_given() -> None:
    declared = load_config(HERE / "seatrial.toml").edges["things"]
    clock = ManualClock()

    async def answers(request: httpx.Request) -> httpx.Response:
        await clock.sleep(60.0)
        return httpx.Response(200, json={})

    driver = CallDriver(
        declared, "http://shop", lambda: None, clock, transport=httpx.MockTransport(answers)
    )
    call, _ = await driver.call(phases.SLOW, "thing-1")
    assert (call.started_s, call.took_s) == (0.0, 60.0)


async def test_a_call_meets_no_connection_that_the_consumer_is_about_to_close(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    declared = load_config(HERE / "seatrial.toml").edges["things"]
    served: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.current_task())
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    driver = CallDriver(
        declared, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", lambda: None
    )
    later = time.monotonic() + 1.9  # gunicorn closes after 2 s
    async with server:
        await driver.call(phases.SLOW, "thing-1")
        monkeypatch.setattr("httpcore._async.http11.time", SimpleNamespace(monotonic=lambda: later))
        await driver.call(phases.SLOW, "thing-2")
        await driver.close()
        await asyncio.gather(*filter(None, served))
    assert len(served) == 2


@pytest.mark.parametrize(
    ("order", "attempts", "opened_by"),
    [("around-retry", 3, 5), ("inside-retry", 3, 2), ("inside-retry", None, 5)],
)
def test_the_policy_says_how_many_calls_open_its_breaker(
    order: Any, attempts: int | None, opened_by: int
) -> None:
    retry = DeclaredRetry(attempts=attempts) if attempts else None
    policy = DeclaredPolicy(
        retry=retry, breaker=DeclaredBreaker(failures=5, open_s=1.0, order=order)
    )
    assert policy.calls_to_open == opened_by
    assert DeclaredPolicy().calls_to_open is None


@pytest.mark.parametrize(
    ("made", "count"),
    [
        (PlantedEvidence().good(phases.REACH, 1, 0.1), 7),
        (PlantedEvidence().good(phases.UNKNOWN, 12, 0.1), 13),
        (PlantedEvidence().good(phases.UNKNOWN, 12, 0.1).failing(phases.FAILING, 13, 1.0), 13),
        (PlantedEvidence().failing(phases.STORM, 20, 0.1), 7),
        (PlantedEvidence().failing(KINDS["status-429"].failing, 12, 0.1), 13),
        (PlantedEvidence().good(phases.UNKNOWN, 120, 0.1), 41),
    ],
    ids=["few", "good", "failures", "storm", "not-counted", "many"],
)
def test_a_rate_needs_more_failures_after_calls_that_were_none(
    made: PlantedEvidence, count: int
) -> None:
    breaker = {"rate": {"failures": 0.5, "minimum_calls": 4, "window_s": 60}, "open_s": 1}
    policy = {"breaker": breaker, "failures": {"status": [503]}}
    declared = load_config(HERE / "seatrial.toml").edges["things"]
    declared = declared.model_copy(update={"policy": DeclaredPolicy.model_validate(policy)})
    nobody = cast("Any", object())
    driver = cast("Any", type("Made", (), {"made": made.evidence().calls}))
    wire = cast("Any", type("NoWire", (), {"tap": None})())
    edge = LiveEdge(declared, driver, wire, nobody, (), clock=ManualClock())
    assert edge.calls_to_open == count
