"""The caller goes away for whom the provider is asked, while others wait for the same answer."""

import asyncio

from seatrial.checks import WAITERS_OUTLIVE_LOADER, phases
from seatrial.scenarios import LiveEdge, scenario

_WAITERS = (0, 1, 3)


@scenario(
    checks=[WAITERS_OUTLIVE_LOADER],
    phases=[phases.LOADER, phases.WAITERS],
    requires=["cache.single_flight"],
    tags=["cache"],
)
async def loader_leaves(edge: LiveEdge) -> None:
    """One caller's request is under way, others wait for it: as it leaves, they stay.

    Nobody waits, then one, then three; whoever asks after them is answered as well.
    """
    for count in _WAITERS:
        entity = edge.new_entity()
        async with edge.under_way(phases.LOADER, entity) as (loader,):
            waiters = [
                asyncio.ensure_future(edge.call(phases.WAITERS, entity)) for _ in range(count)
            ]
            await edge.noticed()
            loader.cancel()
            await edge.noticed()
        await asyncio.gather(*waiters)
        await edge.call(phases.WAITERS, entity)
