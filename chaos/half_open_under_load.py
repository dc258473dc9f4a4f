"""Many callers wait as the provider comes back."""

from seatrial.checks import CAPS_PROBES, PROBES_AFTER_OPEN_TIME, RECOVERS, phases
from seatrial.scenarios import LiveEdge, scenario

_CALLERS = 20


@scenario(
    checks=[PROBES_AFTER_OPEN_TIME, CAPS_PROBES, RECOVERS],
    phases=[phases.FAILING, phases.OPEN, phases.BURST, phases.RECOVERED],
    requires=["breaker"],
    tags=["breaker"],
    entities=80,
)
async def half_open_under_load(edge: LiveEdge) -> None:
    """Twenty callers are waiting as the provider comes back: it meets a few of them, not all.

    Once those went well, everybody is served again.
    """
    breaker = edge.policy.breaker
    assert breaker is not None
    async with edge.fault(edge.failing):
        await edge.failing_calls()
    # As many at once, so that each caller has its connection when the open time is over.
    await edge.calls_concurrently(phases.OPEN, _CALLERS)
    await edge.open_time_over()
    await edge.concurrent_batch(phases.BURST, _CALLERS)
    await edge.calls(phases.RECOVERED, breaker.successes + 1)
