"""Callers ask for what doesn't exist, or mustn't be asked for."""

from seatrial.checks import (
    MISSING_AS_DECLARED,
    MISSING_IS_FORGOTTEN,
    MISSING_IS_NO_FAILURE,
    NEVER_RETRIES_REFUSALS,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario, well_again
from seatrial.tap import Status

_MARGIN_S = 0.3


@scenario(
    checks=[
        NEVER_RETRIES_REFUSALS,
        MISSING_AS_DECLARED,
        MISSING_IS_NO_FAILURE,
        MISSING_IS_FORGOTTEN,
    ],
    phases=[
        phases.UNKNOWN,
        phases.MISSING,
        phases.AFTER,
        phases.REFUSED,
        phases.MISSING_LATER,
        phases.FAILING,
        phases.OPEN,
    ],
    tags=["refusals", "run"],
)
async def unknown_entities(edge: LiveEdge) -> None:
    """Callers ask for many that don't exist: an answer, no failure, and no reason to ask again.

    One that exists a moment later is found. As many failures then do open the breaker.
    """
    breaker, cache = edge.policy.breaker, edge.policy.cache
    missing = None
    if not edge.policy.counts(404):
        async with edge.fault(Status(status=404)):
            await edge.calls(phases.UNKNOWN, (breaker.failures_to_open if breaker else 3) + 1)
            missing = await edge.call(phases.MISSING)
    after = await edge.call(phases.AFTER)
    if missing is not None and after.outcome != "good":
        await well_again(edge, phases.UNKNOWN)
    for status in (400, 403, 422):
        if not edge.policy.retries(status):
            async with edge.fault(Status(status=status)):
                await edge.call(phases.REFUSED)
    if missing is not None and cache is not None and cache.missing_ttl_s is not None:
        await edge.until(missing.ended_s + cache.missing_ttl_s + _MARGIN_S)
        await edge.call(phases.MISSING_LATER, missing.entity)
    if breaker is not None:
        async with edge.fault(edge.failing):
            await edge.failing_calls()
            await edge.calls(phases.OPEN, 2)
