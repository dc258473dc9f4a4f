"""A cached entity grows old."""

from seatrial.checks import ENTRIES_EXPIRE, HIT_SENDS_NOTHING, phases, tolerance_s
from seatrial.scenarios import LiveEdge, scenario

_ENTITIES = 3


@scenario(
    checks=[HIT_SENDS_NOTHING, ENTRIES_EXPIRE],
    phases=[phases.COLD, phases.WARM, phases.EXPIRED],
    requires=["cache"],
    tags=["cache"],
)
async def entry_expires(edge: LiveEdge) -> None:
    """A user is asked for again and again: from memory for a time, then from the provider."""
    cache = edge.policy.cache
    assert cache is not None
    born = [await edge.call(phases.COLD) for _ in range(_ENTITIES)]
    for call in born:
        await edge.call(phases.WARM, call.entity)
    await edge.until(born[0].ended_s + 0.8 * cache.ttl_s)
    await edge.call(phases.WARM, born[0].entity)
    await edge.until(born[-1].ended_s + cache.ttl_s + tolerance_s(cache.ttl_s) / 2)
    for call in born:
        await edge.call(phases.EXPIRED, call.entity)
