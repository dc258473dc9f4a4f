"""The callers whose calls are the probes go away."""

from seatrial.checks import RECOVERS, phases
from seatrial.scenarios import LiveEdge, scenario


@scenario(
    checks=[RECOVERS],
    phases=[phases.FAILING, phases.CANCELLED, phases.RECOVERING, phases.RECOVERED],
    requires=["breaker"],
    tags=["breaker"],
)
async def cancelled_probes(edge: LiveEdge) -> None:
    """All probes are under way as their callers go away: their places are free again.

    A breaker that waits for them for ever never closes.
    """
    breaker = edge.policy.breaker
    assert breaker is not None
    async with edge.fault(edge.failing):
        await edge.failing_calls()
    await edge.open_time_over()
    await edge.cancelled(phases.CANCELLED, breaker.probes or breaker.successes)
    await edge.calls(phases.RECOVERING, breaker.successes)
    await edge.open_time_over(phases.CANCELLED)
    await edge.calls(phases.RECOVERED, breaker.successes + 1)
