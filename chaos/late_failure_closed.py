"""A call from before fails after the breaker has closed again."""

from seatrial.checks import LATE_FAILURE_COUNTS_NOTHING, outlasts_open_time, phases
from seatrial.scenarios import LiveEdge, call_from_before, scenario


@scenario(
    checks=[LATE_FAILURE_COUNTS_NOTHING],
    phases=[
        phases.LATE,
        phases.FAILING,
        phases.OPEN,
        phases.RECOVERING,
        phases.FAILED_AGAIN,
        phases.LATE_AFTER,
    ],
    requires=["breaker.failures", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_failure_closed(edge: LiveEdge) -> None:
    """One failure is missing as a call from before fails: it belongs to an earlier time."""
    breaker = edge.policy.breaker
    assert breaker is not None
    if not outlasts_open_time(edge.policy):
        return
    async with call_from_before(edge, fails=True) as let_go:
        await edge.open_time_over()
        await edge.calls(phases.RECOVERING, breaker.successes)
        async with edge.fault(edge.failing_at_once):
            await edge.calls(phases.FAILED_AGAIN, edge.calls_to_open - 1)
        await let_go()
    await edge.call(phases.LATE_AFTER)
