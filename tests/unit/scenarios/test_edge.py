"""A live edge lets a scenario do what it declares, and says what it didn't declare."""

from typing import Any, cast

import httpx
import pytest

from seatrial.checks import phases
from seatrial.config import DeclaredBreaker, DeclaredPolicy, DeclaredRetry, load_config
from seatrial.errors import UsageError
from seatrial.faults import down, killed
from seatrial.scenarios import FaultTarget, LiveEdge
from seatrial.testbed import CallDriver
from tests.defects.run import HERE


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
