"""A call from before succeeds while the breaker is open."""

import asyncio

from seatrial.checks import LATE_SUCCESS_CHANGES_NOTHING, phases
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Delay, Rule, When

_SHARE = 0.7
"""Of an attempt's time: as late as an answer can come, and still be waited for."""


@scenario(
    checks=[LATE_SUCCESS_CHANGES_NOTHING],
    phases=[phases.LATE, phases.FAILING, phases.OPEN, phases.LATE_AFTER],
    requires=["breaker", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_success(edge: LiveEdge) -> None:
    """A slow call is under way while others open the breaker; that it succeeds closes nothing."""
    retry = edge.policy.retry
    assert retry is not None
    late_s = _SHARE * (retry.attempt_timeout_s or 1.0)
    slow = Rule(match=edge.match, when=When(first=1), do=Delay(delay_s=late_s))
    async with edge.fault(edge.failing):
        await edge.calls(phases.FAILING, edge.calls_to_open - 1)
    # All but one failure are over as the late call begins: it needs to outlast the last one alone.
    async with edge.plan(slow, edge.failing_at_once):
        late = asyncio.create_task(edge.call(phases.LATE))
        await edge.arrived(1)
        await edge.call(phases.FAILING)
        await edge.calls(phases.OPEN, 2)
        await late
    await edge.calls(phases.LATE_AFTER, 6)
