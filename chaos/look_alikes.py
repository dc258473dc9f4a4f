"""Entities whose ids look alike."""

from seatrial.checks import RIGHT_ENTITY, phases
from seatrial.scenarios import EdgeFeature, LiveEdge, scenario


@scenario(
    checks=[RIGHT_ENTITY],
    phases=[phases.MIXED, phases.MIXED_AGAIN],
    requires=[EdgeFeature.MADE_UP_IDS],
    tags=["answers"],
    entities=10,
)
async def look_alikes(edge: LiveEdge) -> None:
    """Ids share a beginning, an end, or all but their case: none is taken for another.

    Only where ids are made up: those that a provider makes look as it likes.
    """
    entities = edge.look_alikes()
    for entity in entities:
        await edge.call(phases.MIXED, entity)
    for entity in entities:
        await edge.call(phases.MIXED_AGAIN, entity)
