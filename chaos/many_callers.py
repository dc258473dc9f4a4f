"""Many callers at once, each asking for another entity."""

from seatrial.checks import RIGHT_ENTITY, TRACE_ON_EVERY_ATTEMPT, phases
from seatrial.scenarios import LiveEdge, scenario

_CALLERS, _AGAIN = 20, 4


@scenario(
    checks=[RIGHT_ENTITY, TRACE_ON_EVERY_ATTEMPT],
    phases=[phases.MIXED, phases.MIXED_AGAIN],
    tags=["answers", "run"],
)
async def many_callers(edge: LiveEdge) -> None:
    """Twenty callers ask for twenty users at once: each is shown its own, under its own trace."""
    calls = await edge.concurrent_batch(phases.MIXED, _CALLERS, place="answer")
    # Again, one after the other: now they may come from memory.
    for call in calls[:_AGAIN]:
        await edge.call(phases.MIXED_AGAIN, call.entity)
