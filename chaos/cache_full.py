"""More entities are asked for than the cache may keep."""

import asyncio

from seatrial.checks import CAPS_ENTRIES, HIT_SENDS_NOTHING, MOST_ENTRIES, phases
from seatrial.scenarios import LiveEdge, scenario

_MORE = 5


@scenario(
    checks=[HIT_SENDS_NOTHING, CAPS_ENTRIES],
    phases=[phases.COLD, phases.WARM, phases.FILLING, phases.REFILLING],
    requires=["cache.max_entries"],
    tags=["cache"],
    entities=MOST_ENTRIES + 20,
    few_entries=True,
)
async def cache_full(edge: LiveEdge) -> None:
    """A few more are asked for than may be kept, then all of them again: some were forgotten."""
    cache = edge.policy.cache
    assert cache is not None
    assert cache.max_entries is not None
    cold = await edge.call(phases.COLD)
    await edge.call(phases.WARM, cold.entity)
    if cache.max_entries > MOST_ENTRIES:
        return
    filled = await edge.calls_concurrently(phases.FILLING, cache.max_entries + _MORE)
    await asyncio.gather(*(edge.call(phases.REFILLING, call.entity) for call in filled))
