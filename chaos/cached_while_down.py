"""The provider fails, and what is asked for is in memory."""

from seatrial.checks import HIT_SENDS_NOTHING, OPENS_AT_THRESHOLD, SERVES_HITS_WHILE_OPEN, phases
from seatrial.scenarios import LiveEdge, scenario

_ENTITIES = 3


@scenario(
    checks=[HIT_SENDS_NOTHING, OPENS_AT_THRESHOLD, SERVES_HITS_WHILE_OPEN],
    phases=[phases.COLD, phases.WARM, phases.FAILING, phases.OPEN, phases.HIT_WHILE_OPEN],
    requires=["cache.serves_while_open", "breaker"],
    tags=["cache", "breaker", "run"],
)
async def cached_while_down(edge: LiveEdge) -> None:
    """The provider is down and the breaker open: who is in memory is served all the same.

    It is down as its gateway says it, with 503, so that what the consumer still sends is seen.
    """
    cold = [await edge.call(phases.COLD) for _ in range(_ENTITIES)]
    await edge.call(phases.WARM, cold[0].entity)
    async with edge.fault(edge.failing):
        await edge.calls_concurrently(phases.FAILING, edge.calls_to_open)
        await edge.calls(phases.OPEN, 2)
        for call in cold:
            await edge.call(phases.HIT_WHILE_OPEN, call.entity)
