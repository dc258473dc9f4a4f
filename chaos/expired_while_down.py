"""The provider is down, and what is asked for is too old even to be stale."""

from seatrial.checks import HIT_SENDS_NOTHING, NOTHING_TOO_OLD, phases
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario

_MARGIN_S = 0.2


@scenario(
    checks=[HIT_SENDS_NOTHING, NOTHING_TOO_OLD],
    phases=[phases.COLD, phases.WARM, phases.TOO_OLD],
    requires=["cache.stale_if_error_s"],
    tags=["cache"],
)
async def expired_while_down(edge: LiveEdge) -> None:
    """The provider is down for longer than an old entry may be served: then it isn't any more."""
    cache = edge.policy.cache
    assert cache is not None
    born = await edge.call(phases.COLD)
    await edge.call(phases.WARM, born.entity)
    await edge.until(born.ended_s + cache.ttl_s + (cache.stale_if_error_s or 0.0) + _MARGIN_S)
    async with edge.fault(down()):
        await edge.call(phases.TOO_OLD, born.entity)
