"""The provider is down, and what is asked for has expired."""

from seatrial.checks import HIT_SENDS_NOTHING, STALE_AS_DECLARED, phases
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario

_MARGIN_S = 0.1


@scenario(
    checks=[HIT_SENDS_NOTHING, STALE_AS_DECLARED],
    phases=[phases.COLD, phases.WARM, phases.STALE],
    requires=["cache.stale_if_error_s"],
    tags=["cache"],
)
async def stale_while_down(edge: LiveEdge) -> None:
    """The provider is down and the entry has just expired: it is served as stale, or not at all."""
    cache = edge.policy.cache
    assert cache is not None
    born = await edge.call(phases.COLD)
    await edge.call(phases.WARM, born.entity)
    await edge.until(born.ended_s + cache.ttl_s + _MARGIN_S)
    async with edge.fault(down()):
        await edge.call(phases.STALE, born.entity)
