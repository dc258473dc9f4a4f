"""Entities are changed at the provider while its answers about them are on their way."""

import asyncio

from seatrial.checks import HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME, phases
from seatrial.scenarios import EdgeFeature, LiveEdge, scenario


@scenario(
    checks=[HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME],
    phases=[phases.COLD, phases.WARM],
    requires=["cache.fresh_within_s", EdgeFeature.CHANGE, EdgeFeature.REMOVE],
    tags=["cache", "events"],
    entities=10,
    own_entities=True,
)
async def changed_under_way(edge: LiveEdge) -> None:
    """A user is changed, another removed, before the answers from before are there: these are old.

    The news may overtake them; what they bring must not be kept as if it were fresh.
    """
    cached = await edge.call(phases.COLD)
    await edge.call(phases.WARM, cached.entity)
    changed, removed = edge.new_entity(), edge.new_entity()
    async with edge.under_way(phases.COLD, changed, removed, place="answer"):
        looks = await asyncio.gather(edge.changing(changed), edge.removing(removed))
        await edge.noticed()
    await asyncio.gather(*(look() for look in looks))
