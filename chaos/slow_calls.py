"""The provider answers well, and takes long."""

from math import ceil

from seatrial.checks import (
    CALLS_IN_TIME_ARE_NOT_SLOW,
    FEW_SLOW_CALLS_OPEN_NOTHING,
    SLOW_CALLS_OPEN,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Delay

_IN_TIME, _SLOW = 0.5, 1.3
"""Of the time from which a call is slow."""
_MOST, _MOST_QUICK = 200, 60


@scenario(
    checks=[CALLS_IN_TIME_ARE_NOT_SLOW, FEW_SLOW_CALLS_OPEN_NOTHING, SLOW_CALLS_OPEN],
    phases=[
        phases.IN_TIME,
        phases.AFTER_IN_TIME,
        phases.FEW_SLOW,
        phases.AFTER_FEW_SLOW,
        phases.PROLONGED,
        phases.AFTER_PROLONGED,
    ],
    requires=["breaker.rate.slow_s"],
    tags=["breaker"],
    entities=2 * _MOST + _MOST_QUICK,
)
async def slow_calls(edge: LiveEdge) -> None:
    """Calls that take long open nothing; those that are slow as declared do, although they succeed.

    A few of these, below the declared share, don't.

    An attempt that is given up before it is slow shows neither.
    """
    retry, breaker = edge.policy.retry, edge.policy.breaker
    assert breaker is not None
    assert breaker.rate is not None
    rate, slow_s = breaker.rate, breaker.rate.slow_s or 0.0
    timeout_s = retry.attempt_timeout_s if retry else None
    few = rate.minimum_calls
    many = rate.enough(rate.slow_ratio or 1.0, good=few + 3)
    if many > _MOST or (timeout_s is not None and timeout_s <= _SLOW * slow_s):
        return
    async with edge.fault(Delay(delay_s=_IN_TIME * slow_s)):
        await edge.calls_concurrently(phases.IN_TIME, few)
    await edge.call(phases.AFTER_IN_TIME)
    count = min(rate.window_calls or 2 * rate.minimum_calls, _MOST_QUICK)
    few_slow = ceil((rate.slow_ratio or 1.0) * count) - 1
    await edge.calls(phases.FEW_SLOW, count - few_slow)
    async with edge.fault(Delay(delay_s=_SLOW * slow_s)):
        await edge.calls_concurrently(phases.FEW_SLOW, few_slow)
    await edge.call(phases.AFTER_FEW_SLOW)
    async with edge.fault(Delay(delay_s=_SLOW * slow_s)):
        await edge.calls_concurrently(phases.PROLONGED, many)
    await edge.call(phases.AFTER_PROLONGED)
