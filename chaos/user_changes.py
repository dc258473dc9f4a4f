"""A cached entity is changed at the provider."""

import asyncio

from seatrial.checks import HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME, phases
from seatrial.scenarios import EdgeFeature, LiveEdge, scenario


@scenario(
    checks=[HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME],
    phases=[phases.COLD, phases.WARM],
    requires=["cache.fresh_within_s", EdgeFeature.CHANGE, EdgeFeature.REMOVE],
    tags=["cache", "events", "run"],
    entities=10,
    own_entities=True,
)
async def user_changes(edge: LiveEdge) -> None:
    """A cached user is changed, another removed: the card says so long before the cache expires."""
    changed = await edge.call(phases.COLD)
    removed = await edge.call(phases.COLD)
    await edge.call(phases.WARM, changed.entity)
    await edge.call(phases.WARM, removed.entity)
    await asyncio.gather(edge.change(changed.entity), edge.remove(removed.entity))
