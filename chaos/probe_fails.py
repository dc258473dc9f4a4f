"""One probe fails after another has succeeded."""

from seatrial.checks import RECOVERS, REOPENS_ON_FAILED_PROBE, phases
from seatrial.scenarios import LiveEdge, scenario

_LATE = 0.8
"""Of the open time: one that is shorter the second time is over."""


@scenario(
    checks=[REOPENS_ON_FAILED_PROBE, RECOVERS],
    phases=[
        phases.FAILING,
        phases.OPEN,
        phases.PROBING,
        phases.FAILED_PROBE,
        phases.REOPENED,
        phases.RECOVERED,
    ],
    requires=["breaker"],
    tags=["breaker"],
)
async def probe_fails(edge: LiveEdge) -> None:
    """Half-open, one probe succeeds and the next one fails: the breaker is open again, as long."""
    breaker = edge.policy.breaker
    assert breaker is not None
    async with edge.fault(edge.failing):
        await edge.failing_calls()
    await edge.calls(phases.OPEN, 2)
    await edge.open_time_over()
    # A breaker that closes on its first success has no such moment.
    await edge.calls(phases.PROBING, 1 if breaker.successes > 1 else 0)
    async with edge.fault(edge.failing_at_once):
        probe = await edge.call(phases.FAILED_PROBE)
    await edge.calls(phases.REOPENED, 5)
    await edge.until(probe.started_s + _LATE * breaker.open_s)
    await edge.call(phases.REOPENED)
    await edge.open_time_over(phases.FAILED_PROBE)
    await edge.calls(phases.RECOVERED, breaker.successes + 1)
