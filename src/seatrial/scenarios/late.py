"""A call that is under way while the breaker opens, and ends when the scenario lets it."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from seatrial.checks import Call, phases
from seatrial.scenarios.edge import LiveEdge
from seatrial.tap import Hold, Match, Rule, When

LetGo = Callable[[], Awaitable[Call]]
_WAITED = 20
"""Its first request is waited for this many attempt times."""


@asynccontextmanager
async def call_from_before(edge: LiveEdge, *, fails: bool = False) -> AsyncIterator[LetGo]:
    """Open the breaker while a call is under way; yields what lets that end, and waits for it.

    The tap holds its attempts, those too that follow one which was given up, so that it ends when
    it is to, and not in a race with the failures that open the breaker.

    Args:
        edge: where.
        fails: it fails then; otherwise it succeeds.
    """
    entity = edge.new_entity()
    own = _requests_of(edge, entity)
    breaker, count = edge.policy.breaker, edge.calls_to_open
    # A rate may be reached by any of them: then all come while the call is under way.
    before = count - 1 if breaker is None or breaker.rate is None else 0
    async with edge.fault(edge.failing):
        await edge.calls(phases.FAILING, before)
    async with AsyncExitStack() as opening, AsyncExitStack() as under_way, AsyncExitStack() as held:
        await opening.enter_async_context(edge.fault(edge.failing_at_once))
        if fails:
            failing = edge.failing_at_once.model_copy(update={"match": own.match})
            await under_way.enter_async_context(edge.plan(failing))
        hold = own.model_copy(update={"do": Hold(then="close" if fails else "forward")})
        await held.enter_async_context(edge.plan(hold))
        task = asyncio.create_task(edge.call(phases.LATE, entity))
        try:
            for _ in range(_WAITED):
                if task.done() or await edge.arrived(1):
                    break
            await edge.calls(phases.FAILING, count - before)
            await edge.calls(phases.OPEN, 2)
            await opening.aclose()

            async def let_go() -> Call:
                await held.aclose()
                return await task

            yield let_go
        finally:
            await held.aclose()
            await asyncio.gather(task, return_exceptions=True)


def _requests_of(edge: LiveEdge, entity: str) -> Rule:
    """Return a rule for the requests about this entity; where they don't say it, for the first."""
    if edge.names_entity:
        match = Match.model_validate({**edge.match.model_dump(), "entity": re.escape(entity)})
        return Rule(match=match, do=Hold())
    return Rule(match=edge.match, when=When(first=1), do=Hold())
