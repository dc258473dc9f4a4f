"""More entities are asked for than the cache may keep."""

import asyncio

from seatrial.checks import (
    CAPS_ENTRIES,
    HIT_SENDS_NOTHING,
    MOST_ENTRIES,
    SINGLE_FLIGHT_IN_FULL_CACHE,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Delay

_MORE = 5
_MORE_AT_ONCE = 2
_SHARE = 0.5
"""Of an attempt's time, for which answers are on their way."""


@scenario(
    checks=[HIT_SENDS_NOTHING, CAPS_ENTRIES, SINGLE_FLIGHT_IN_FULL_CACHE],
    phases=[
        phases.COLD,
        phases.WARM,
        phases.FILLING,
        phases.REFILLING,
        phases.CROWD,
        phases.CROWD_AGAIN,
    ],
    requires=["cache.max_entries"],
    tags=["cache"],
    entities=2 * MOST_ENTRIES + 20,
    few_entries=True,
)
async def cache_full(edge: LiveEdge) -> None:
    """A few more are asked for than may be kept, then all of them again: some were forgotten.

    As many as may be kept at once, and the others one by one. At last two callers come for each of
    more than may be kept, while all of these are on their way, and then one for each again.
    """
    cache = edge.policy.cache
    assert cache is not None
    assert cache.max_entries is not None
    cold = await edge.call(phases.COLD)
    await edge.call(phases.WARM, cold.entity)
    if cache.max_entries > MOST_ENTRIES:
        return
    filled = await edge.calls_concurrently(phases.FILLING, cache.max_entries)
    filled += await edge.calls(phases.FILLING, _MORE)
    await asyncio.gather(*(edge.call(phases.REFILLING, call.entity) for call in filled))
    if cache.single_flight:
        retry = edge.policy.retry
        crowd = [edge.new_entity() for _ in range(cache.max_entries + _MORE_AT_ONCE)]
        delay_s = _SHARE * ((retry.attempt_timeout_s if retry else None) or 1.0)
        async with edge.fault(Delay(delay_s=delay_s)):
            await asyncio.gather(*(edge.call(phases.CROWD, entity) for entity in (*crowd, *crowd)))
        await asyncio.gather(*(edge.call(phases.CROWD_AGAIN, entity) for entity in crowd))
