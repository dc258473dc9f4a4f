"""Callers go away before they are answered."""

from seatrial.checks import CANCELLATION_IS_NO_FAILURE, phases
from seatrial.scenarios import LiveEdge, scenario


@scenario(
    checks=[CANCELLATION_IS_NO_FAILURE],
    phases=[phases.CANCELLED, phases.AFTER],
    tags=["breaker", "run"],
)
async def cancelled_callers(edge: LiveEdge) -> None:
    """Many callers go away before they are answered: that says nothing of the provider."""
    breaker = edge.policy.breaker
    await edge.cancelled(phases.CANCELLED, (breaker.failures_to_open if breaker else 3) + 2)
    await edge.call(phases.AFTER)
