"""A call from before succeeds while the breaker is open."""

from seatrial.checks import LATE_SUCCESS_CHANGES_NOTHING, phases
from seatrial.scenarios import LiveEdge, call_from_before, scenario


@scenario(
    checks=[LATE_SUCCESS_CHANGES_NOTHING],
    phases=[phases.LATE, phases.FAILING, phases.OPEN, phases.LATE_AFTER],
    requires=["breaker", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_success(edge: LiveEdge) -> None:
    """A slow call is under way while others open the breaker; that it succeeds closes nothing."""
    async with call_from_before(edge) as let_go:
        await let_go()
    await edge.calls(phases.LATE_AFTER, 6)
