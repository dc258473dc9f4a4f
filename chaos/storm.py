"""Many callers meet a provider that fails."""

from seatrial.checks import AMPLIFICATION_IS_BOUNDED, ANSWERS_IN_TIME, OPENS_AT_THRESHOLD, phases
from seatrial.scenarios import LiveEdge, scenario

_CALLERS = 20


@scenario(
    checks=[AMPLIFICATION_IS_BOUNDED, OPENS_AT_THRESHOLD, ANSWERS_IN_TIME],
    phases=[phases.STORM, phases.OPEN],
    requires=["retry"],
    tags=["retry", "breaker"],
)
async def storm(edge: LiveEdge) -> None:
    """Twenty callers at once meet a provider that answers 503: they don't become a hundred."""
    async with edge.fault(edge.failing):
        await edge.concurrent_batch(phases.STORM, _CALLERS)
    breaker = edge.policy.breaker
    if breaker is not None and edge.calls_to_open <= _CALLERS:
        await edge.calls(phases.OPEN, 6)
