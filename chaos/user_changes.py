"""A cached entity is changed at the provider."""

import asyncio

from seatrial.checks import HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME
from seatrial.scenarios import LiveEdge, scenario


@scenario(
    checks=[HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME],
    requires=["cache.fresh_within_s"],
    parts=["change", "remove"],
    tags=["cache", "events", "run"],
    reusable=True,
    entities=10,
    own_entities=True,
)
async def user_changes(edge: LiveEdge) -> None:
    """A cached user is changed, another removed: the card says so long before the cache expires."""
    changed = await edge.call("cold")
    removed = await edge.call("cold")
    await edge.call("warm", changed.entity)
    await edge.call("warm", removed.entity)
    await asyncio.gather(edge.change(changed.entity), edge.remove(removed.entity))
