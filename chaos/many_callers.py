"""Many callers at once, each asking for another entity."""

from seatrial.checks import RIGHT_ENTITY, TRACE_ON_EVERY_ATTEMPT
from seatrial.scenarios import LiveEdge, scenario

_CALLERS = 20


@scenario(checks=[RIGHT_ENTITY, TRACE_ON_EVERY_ATTEMPT], tags=["answers", "run"], gentle=True)
async def many_callers(edge: LiveEdge) -> None:
    """Twenty callers ask for twenty users at once: each is shown its own, under its own trace."""
    await edge.burst("mixed", _CALLERS, place="answer")
