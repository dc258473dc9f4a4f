"""Many callers ask for one entity at once."""

from seatrial.checks import (
    SHARED_FAILURE_COUNTS_ONCE,
    SINGLE_FLIGHT,
    WAITERS_SHARE_FAILURE,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Status

_CALLERS = 20
_SHARE = 0.1
"""Of an attempt's time, which a failure takes: long enough to see those that come at once."""


@scenario(
    checks=[SINGLE_FLIGHT, WAITERS_SHARE_FAILURE, SHARED_FAILURE_COUNTS_ONCE],
    phases=[
        phases.STAMPEDE,
        phases.FAILED_STAMPEDE,
        phases.SHARED_AFTER,
        phases.FAILING,
        phases.OPEN,
    ],
    requires=["cache.single_flight"],
    tags=["cache", "run"],
)
async def stampede(edge: LiveEdge) -> None:
    """Twenty callers ask for one that nobody asked for before: the provider is asked once.

    Where that fails it has failed for all of them: none of them asks on its own, and to the
    breaker it is one failure. As many as are declared then do open it.
    """
    await edge.concurrent_batch(phases.STAMPEDE, _CALLERS, entity=edge.new_entity())
    retry = edge.policy.retry
    delay_s = _SHARE * ((retry.attempt_timeout_s if retry else None) or 1.0)
    async with edge.fault(Status(status=edge.policy.failing_status, delay_s=delay_s)):
        await edge.concurrent_batch(phases.FAILED_STAMPEDE, _CALLERS, entity=edge.new_entity())
    if edge.policy.breaker is not None:
        await edge.call(phases.SHARED_AFTER)
        async with edge.fault(edge.failing):
            await edge.failing_calls()
            await edge.calls(phases.OPEN, 2)
