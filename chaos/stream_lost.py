"""The stream of changes is cut."""

from seatrial.checks import HIT_SENDS_NOTHING, RECOVERS, SHOWS_CHANGES_IN_TIME, phases
from seatrial.faults import down
from seatrial.scenarios import EdgeFeature, FaultTarget, LiveEdge, scenario


@scenario(
    checks=[HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME, RECOVERS],
    phases=[phases.COLD, phases.WARM, phases.RECOVERED],
    requires=["cache.fresh_within_s", EdgeFeature.CHANGE, FaultTarget.VALKEY],
    tags=["cache", "events"],
    entities=10,
    own_entities=True,
)
async def stream_lost(edge: LiveEdge) -> None:
    """The consumer is cut off from the stream of changes: it must not serve what it can't know.

    One user is changed and looked at meanwhile; another is changed, and looked at once the stream
    is back: what was missed is caught up with.
    """
    meanwhile, later = [await edge.call(phases.COLD) for _ in range(2)]
    for call in (meanwhile, later):
        await edge.call(phases.WARM, call.entity)
    async with edge.fault(down(), on=FaultTarget.VALKEY):
        await edge.change(meanwhile.entity)
        look = await edge.changing(later.entity)
    await look()
    await edge.call(phases.RECOVERED)
