"""Callers go away before they are answered."""

from seatrial.checks import CANCELLATION_IS_NO_FAILURE, phases
from seatrial.scenarios import LiveEdge, scenario, well_again

_SLOW = 1.1
"""Of the time from which a call is slow."""


@scenario(
    checks=[CANCELLATION_IS_NO_FAILURE],
    phases=[phases.CANCELLED, phases.AFTER, phases.FAILING, phases.OPEN],
    requires=["breaker"],
    tags=["breaker", "run"],
)
async def cancelled_callers(edge: LiveEdge) -> None:
    """Many callers go away before they are answered: that says nothing of the provider.

    One after the other, each once its request has been seen.

    As many failures then do open the breaker: it is no breaker that never opens.
    """
    breaker = edge.policy.breaker
    assert breaker is not None
    for _ in range(breaker.failures_to_open + 2):
        await edge.cancelled(phases.CANCELLED, 1)
    if breaker.rate is not None and breaker.rate.slow_s is not None:
        # Nor are they slow calls, although they never end.
        await edge.until(edge.clock.now_s() + _SLOW * breaker.rate.slow_s)
    after = await edge.call(phases.AFTER)
    if after.outcome != "good":
        await well_again(edge, phases.AFTER)
    async with edge.fault(edge.failing):
        await edge.failing_calls()
        await edge.calls(phases.OPEN, 2)
