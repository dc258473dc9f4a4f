"""A call from before succeeds after the breaker has closed again."""

from seatrial.checks import LATE_SUCCESS_RESETS_NOTHING, outlasts_open_time, phases
from seatrial.scenarios import LiveEdge, call_from_before, scenario


@scenario(
    checks=[LATE_SUCCESS_RESETS_NOTHING],
    phases=[
        phases.LATE,
        phases.FAILING,
        phases.OPEN,
        phases.RECOVERING,
        phases.FAILED_AGAIN,
        phases.FAILED_LAST,
        phases.LATE_AFTER,
    ],
    requires=["breaker.failures", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_success_closed(edge: LiveEdge) -> None:
    """One failure is missing as a call from before succeeds: those before it are in a row still."""
    breaker = edge.policy.breaker
    assert breaker is not None
    if edge.calls_to_open < 2 or not outlasts_open_time(edge.policy):
        return
    async with call_from_before(edge) as let_go:
        await edge.open_time_over()
        await edge.calls(phases.RECOVERING, breaker.successes)
        async with edge.fault(edge.failing_at_once):
            await edge.calls(phases.FAILED_AGAIN, edge.calls_to_open - 1)
        await let_go()
    async with edge.fault(edge.failing_at_once):
        await edge.call(phases.FAILED_LAST)
    await edge.calls(phases.LATE_AFTER, 2)
