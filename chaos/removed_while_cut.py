"""A cached entity is removed while the stream of changes is cut."""

from seatrial.checks import HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME, phases
from seatrial.faults import down
from seatrial.scenarios import EdgeFeature, FaultTarget, LiveEdge, scenario


@scenario(
    checks=[HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME],
    phases=[phases.COLD, phases.WARM],
    requires=["cache.fresh_within_s", EdgeFeature.REMOVE, FaultTarget.VALKEY],
    tags=["cache", "events"],
    entities=10,
    own_entities=True,
)
async def removed_while_cut(edge: LiveEdge) -> None:
    """A cached user is deleted while the consumer is cut off: it is gone then, and stays gone."""
    call = await edge.call(phases.COLD)
    await edge.call(phases.WARM, call.entity)
    async with edge.fault(down(), on=FaultTarget.VALKEY):
        look = await edge.removing(call.entity)
        await look()
    # What comes late from the stream doesn't bring it back.
    await look()
