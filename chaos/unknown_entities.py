"""Callers ask for what doesn't exist, or mustn't be asked for."""

from seatrial.checks import MISSING_IS_FORGOTTEN, MISSING_IS_NO_FAILURE, NEVER_RETRIES_REFUSALS
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Status

_MARGIN_S = 0.3


@scenario(
    checks=[NEVER_RETRIES_REFUSALS, MISSING_IS_NO_FAILURE, MISSING_IS_FORGOTTEN],
    tags=["refusals", "run"],
    reusable=True,
)
async def unknown_entities(edge: LiveEdge) -> None:
    """Callers ask for many that don't exist: an answer, no failure, and no reason to ask again.

    One that exists a moment later is found.
    """
    breaker, cache = edge.policy.breaker, edge.policy.cache
    async with edge.fault(Status(status=404)):
        await edge.calls("unknown", (breaker.failures if breaker else 3) + 1)
        missing = await edge.call("missing")
    await edge.call("after")
    counted = edge.policy.failures.status if edge.policy.failures else ()
    for status in (400, 403, 422):
        if status not in counted:
            async with edge.fault(Status(status=status)):
                await edge.call("refused")
    if cache is not None and cache.missing_ttl_s is not None:
        await edge.until(missing.ended_s + cache.missing_ttl_s + _MARGIN_S)
        await edge.call("missing-later", missing.entity)
