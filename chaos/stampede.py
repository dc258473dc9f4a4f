"""Many callers ask for one entity at once."""

from seatrial.checks import SINGLE_FLIGHT, WAITERS_SHARE_FAILURE
from seatrial.scenarios import LiveEdge, scenario

_CALLERS = 20


@scenario(
    checks=[SINGLE_FLIGHT, WAITERS_SHARE_FAILURE],
    requires=["cache.single_flight"],
    tags=["cache", "run"],
    reusable=True,
)
async def stampede(edge: LiveEdge) -> None:
    """Twenty callers ask for one that nobody asked for before: the provider is asked once.

    Where that fails it has failed for all of them: none of them asks on its own.
    """
    await edge.concurrent_batch("stampede", _CALLERS, entity=edge.new_entity())
    async with edge.fault(edge.failing):
        await edge.concurrent_batch("failed-stampede", _CALLERS, entity=edge.new_entity())
