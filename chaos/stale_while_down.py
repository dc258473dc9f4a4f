"""The provider is down, and what is asked for has expired."""

import asyncio

from seatrial.checks import GONE_IS_NOT_SERVED, HIT_SENDS_NOTHING, STALE_AS_DECLARED, phases
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Status

_MARGIN_S = 0.1
_MISSING = 404
_ROOM = 2
"""Of the time that the first call took: another may wait longer by chance."""


@scenario(
    checks=[HIT_SENDS_NOTHING, STALE_AS_DECLARED, GONE_IS_NOT_SERVED],
    phases=[phases.COLD, phases.WARM, phases.MISSING, phases.STALE, phases.GONE],
    requires=["cache.stale_if_error_s"],
    tags=["cache"],
)
async def stale_while_down(edge: LiveEdge) -> None:
    """The provider is down and the entry has just expired: it is served as stale, or not at all.

    Served once, it is served again, where there is time to ask twice. Another one isn't, of which
    the provider has said since that there is none.
    """
    cache = edge.policy.cache
    assert cache is not None
    gone = await edge.call(phases.COLD)
    born = await edge.call(phases.COLD)
    await edge.call(phases.WARM, born.entity)
    await edge.until(born.ended_s + cache.ttl_s + _MARGIN_S)
    is_gone = not edge.policy.counts(_MISSING)
    if is_gone:
        async with edge.fault(Status(status=_MISSING)):
            await edge.call(phases.MISSING, gone.entity)
    async with edge.fault(down()):
        asked = [edge.call(phases.STALE, born.entity)]
        if is_gone:
            asked.append(edge.call(phases.GONE, gone.entity))
        call = (await asyncio.gather(*asked))[0]
        took_s = call.ended_s - call.started_s
        lasts_s = cache.ttl_s + (cache.stale_if_error_s or 0.0)
        if call.ended_s + _ROOM * took_s < born.started_s + lasts_s:
            await edge.call(phases.STALE, born.entity)
            if is_gone:  # and not because that is kept for a while
                await edge.call(phases.GONE, gone.entity)
