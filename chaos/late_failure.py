"""A call from before fails while the breaker is open."""

import asyncio

from seatrial.checks import LATE_FAILURE_EXTENDS_NOTHING, phases
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Hang, Rule, When

_SHARE = 0.85
"""Of an attempt's time: it fails by the connection's end, before it is given up."""


@scenario(
    checks=[LATE_FAILURE_EXTENDS_NOTHING],
    phases=[phases.LATE, phases.FAILING, phases.OPEN, phases.PROBING],
    requires=["breaker", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_failure(edge: LiveEdge) -> None:
    """A slow call is under way while others open the breaker; that it fails prolongs nothing."""
    retry = edge.policy.retry
    assert retry is not None
    late_s = _SHARE * (retry.attempt_timeout_s or 1.0)
    slow = Rule(match=edge.match, when=When(first=1), do=Hang(hang_s=late_s))
    async with edge.fault(edge.failing):
        await edge.calls(phases.FAILING, edge.calls_to_open - 1)
    # All but one failure are over as the late call begins: it needs to outlast the last one alone.
    async with edge.plan(slow, edge.failing_at_once):
        late = asyncio.create_task(edge.call(phases.LATE))
        await edge.arrived(1)
        await edge.call(phases.FAILING)
        await edge.calls(phases.OPEN, 2)
        await late
    await edge.open_time_over()
    await edge.call(phases.PROBING)
