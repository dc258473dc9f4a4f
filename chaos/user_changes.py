"""A cached entity is changed at the provider."""

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
    """A cached user is changed, another removed: the card says so long before the cache expires.

    A third one stays in memory: the news aren't about it.
    """
    changed, removed, kept = [await edge.call(phases.COLD) for _ in range(3)]
    for call in (changed, removed, kept):
        await edge.call(phases.WARM, call.entity)
    # One after the other: news that can't be applied may end all use of what is remembered.
    await edge.change(changed.entity)
    await edge.remove(removed.entity)
    await edge.call(phases.WARM, kept.entity)
