"""A call from before fails while the breaker is half-open."""

from seatrial.checks import LATE_FAILURE_REOPENS_NOTHING, outlasts_open_time, phases
from seatrial.scenarios import LiveEdge, call_from_before, scenario


@scenario(
    checks=[LATE_FAILURE_REOPENS_NOTHING],
    phases=[phases.LATE, phases.FAILING, phases.OPEN, phases.PROBING, phases.LATE_AFTER],
    requires=["breaker.failures", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_failure_half_open(edge: LiveEdge) -> None:
    """A probe has succeeded as a call from before fails: that is no probe that failed."""
    breaker = edge.policy.breaker
    assert breaker is not None
    if breaker.successes < 2 or not outlasts_open_time(edge.policy):
        return
    async with call_from_before(edge, fails=True) as let_go:
        await edge.open_time_over()
        await edge.call(phases.PROBING)
        await let_go()
    await edge.call(phases.LATE_AFTER)
