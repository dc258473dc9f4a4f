"""The provider is down, and what is asked for has expired."""

from seatrial.checks import HIT_SENDS_NOTHING, STALE_AS_DECLARED, phases
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario

_MARGIN_S = 0.1
_ROOM = 2
"""Of the time that the first call took: another may wait longer by chance."""


@scenario(
    checks=[HIT_SENDS_NOTHING, STALE_AS_DECLARED],
    phases=[phases.COLD, phases.WARM, phases.STALE],
    requires=["cache.stale_if_error_s"],
    tags=["cache"],
)
async def stale_while_down(edge: LiveEdge) -> None:
    """The provider is down and the entry has just expired: it is served as stale, or not at all.

    Served once, it is served again, where there is time to ask twice.
    """
    cache = edge.policy.cache
    assert cache is not None
    born = await edge.call(phases.COLD)
    await edge.call(phases.WARM, born.entity)
    await edge.until(born.ended_s + cache.ttl_s + _MARGIN_S)
    async with edge.fault(down()):
        call = await edge.call(phases.STALE, born.entity)
        took_s = call.ended_s - call.started_s
        lasts_s = cache.ttl_s + (cache.stale_if_error_s or 0.0)
        if call.ended_s + _ROOM * took_s < born.started_s + lasts_s:
            await edge.call(phases.STALE, born.entity)
