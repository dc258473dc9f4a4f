"""The stream of changes is cut."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

from seatrial.checks import (
    HIT_SENDS_NOTHING,
    RECOVERS,
    SHOWS_CHANGES_IN_TIME,
    USED_WHILE_CHANGES_FLOW,
    phases,
)
from seatrial.faults import down
from seatrial.scenarios import EdgeFeature, FaultTarget, LiveEdge, scenario

_CHANGED_AT_ONCE = 3
_EVERY_S = 0.02
_CAUGHT_UP_WITHIN_S = 10.0
"""Of its own accord: no policy declares by when a cache is used again, only that it is."""


@scenario(
    checks=[HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME, USED_WHILE_CHANGES_FLOW, RECOVERS],
    phases=[phases.COLD, phases.WARM, phases.FLOWING, phases.RECOVERED],
    requires=["cache.fresh_within_s", EdgeFeature.CHANGE, FaultTarget.VALKEY],
    tags=["cache", "events"],
    entities=10,
    own_entities=True,
)
async def stream_lost(edge: LiveEdge) -> None:
    """The consumer is cut off from the stream of changes: it must not serve what it can't know.

    One user is changed and looked at while it is cut; another is changed, and looked at once the
    stream is back: what was missed is caught up with. Users whom nobody asks for change steadily
    all the time: that there are always more events must not keep the cache from being used again.
    """
    during, later = [await edge.call(phases.COLD) for _ in range(2)]
    for call in (during, later):
        await edge.call(phases.WARM, call.entity)
    async with _steady_changes(edge) as changed_s:
        async with edge.fault(down(), on=FaultTarget.VALKEY):
            await edge.change(during.entity)
            look = await edge.changing(later.entity)
        back_s = edge.clock.now_s()
        await look()
        await _cache_is_used(edge)
        edge.facts["longest_pause_s"] = _longest_pause_s(changed_s, back_s, edge.clock.now_s())
        await edge.call(phases.RECOVERED)


@asynccontextmanager
async def _steady_changes(edge: LiveEdge) -> AsyncIterator[list[float]]:
    """Change entities all the time; yields the moments at which a change was made."""
    changed_s: list[float] = []

    async def change(entity: str) -> None:
        while True:
            await edge.changing(entity)
            changed_s.append(edge.clock.now_s())
            await edge.clock.sleep(_EVERY_S)

    changing = [asyncio.create_task(change(edge.new_entity())) for _ in range(_CHANGED_AT_ONCE)]
    try:
        yield changed_s
    finally:
        for task in changing:
            task.cancel()
        await asyncio.gather(*changing, return_exceptions=True)


def _longest_pause_s(changed_s: Sequence[float], since_s: float, until_s: float) -> float:
    moments = [since_s, *(each for each in changed_s if since_s < each < until_s), until_s]
    return max(later - earlier for earlier, later in pairwise(moments))


async def _cache_is_used(edge: LiveEdge) -> None:
    """Look an entity up until that sends nothing, or long enough.

    The journal isn't read each time, where the answer says where it is from: that would take the
    changes' time.
    """
    entity = edge.new_entity()
    says_it = "cached" in (await edge.evidence()).answers
    until_s = edge.clock.now_s() + _CAUGHT_UP_WITHIN_S
    while edge.clock.now_s() < until_s:
        call = await edge.call(phases.FLOWING, entity)
        from_origin = says_it and call.outcome != "cached"
        if not from_origin and not (await edge.evidence()).attempts_of([call]):
            return
        await edge.clock.sleep(_EVERY_S)
