"""A call from before fails while the breaker is open."""

from seatrial.checks import LATE_FAILURE_EXTENDS_NOTHING, phases
from seatrial.scenarios import LiveEdge, call_from_before, scenario

_SHARE = 0.5
"""Of the open time, and of what a call may take: late enough to prolong it visibly."""


@scenario(
    checks=[LATE_FAILURE_EXTENDS_NOTHING],
    phases=[phases.LATE, phases.FAILING, phases.OPEN, phases.PROBING],
    requires=["breaker", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_failure(edge: LiveEdge) -> None:
    """A slow call is under way while others open the breaker; that it fails prolongs nothing."""
    breaker, retry = edge.policy.breaker, edge.policy.retry
    assert breaker is not None
    assert retry is not None
    longest_s = retry.longest_s() or breaker.open_s
    async with call_from_before(edge, fails=True) as let_go:
        await edge.until(edge.open_began_s + _SHARE * min(breaker.open_s, longest_s))
        await let_go()
    await edge.open_time_over()
    await edge.call(phases.PROBING)
