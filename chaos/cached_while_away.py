"""The provider is away, and what is asked for is in memory."""

from seatrial.checks import HIT_SENDS_NOTHING, OPENS_AT_THRESHOLD, SERVES_HITS_WHILE_OPEN
from seatrial.faults import away
from seatrial.scenarios import LiveEdge, scenario

_ENTITIES = 3


@scenario(
    checks=[HIT_SENDS_NOTHING, OPENS_AT_THRESHOLD, SERVES_HITS_WHILE_OPEN],
    needs=["cache.serves_while_open", "breaker"],
    tags=["cache", "breaker", "run"],
)
async def cached_while_away(edge: LiveEdge) -> None:
    """The provider is away and the breaker open: who is in memory is served all the same."""
    cold = [await edge.call("cold") for _ in range(_ENTITIES)]
    await edge.call("warm", cold[0].entity)
    async with edge.fault(away()):
        await edge.calls_at_once("failing", edge.calls_to_open)
        await edge.calls("open", 2)
        for call in cold:
            await edge.call("hit-while-open", call.entity)
