"""Many callers ask for one entity at once."""

from seatrial.checks import SINGLE_FLIGHT, WAITERS_SHARE_FAILURE, phases
from seatrial.scenarios import LiveEdge, scenario

_CALLERS = 20


@scenario(
    checks=[SINGLE_FLIGHT, WAITERS_SHARE_FAILURE],
    phases=[phases.STAMPEDE, phases.FAILED_STAMPEDE],
    requires=["cache.single_flight"],
    tags=["cache", "run"],
)
async def stampede(edge: LiveEdge) -> None:
    """Twenty callers ask for one that nobody asked for before: the provider is asked once.

    Where that fails it has failed for all of them: none of them asks on its own.
    """
    await edge.concurrent_batch(phases.STAMPEDE, _CALLERS, entity=edge.new_entity())
    async with edge.fault(edge.failing):
        await edge.concurrent_batch(phases.FAILED_STAMPEDE, _CALLERS, entity=edge.new_entity())
