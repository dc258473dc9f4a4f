"""Calls fail before there are enough of them, and after others have left the window."""

from math import ceil, floor

from seatrial.checks import (
    OPENS_AT_MINIMUM,
    RATE_IS_OF_THE_WINDOW,
    STAYS_CLOSED_BELOW_MINIMUM,
    phases,
)
from seatrial.config import DeclaredRate
from seatrial.scenarios import LiveEdge, scenario

_MOST, _AT_ONCE = 300, 10
"""Calls in all, and at once."""
_MARGIN_S = 0.2


@scenario(
    checks=[STAYS_CLOSED_BELOW_MINIMUM, OPENS_AT_MINIMUM, RATE_IS_OF_THE_WINDOW],
    phases=[
        phases.TOO_FEW,
        phases.AFTER_TOO_FEW,
        phases.AT_MINIMUM,
        phases.FILLING,
        phases.FAILING,
        phases.OPEN,
    ],
    requires=["breaker.rate"],
    tags=["breaker"],
    entities=2 * _MOST,
)
async def rate_window(edge: LiveEdge) -> None:
    """Too few calls fail to open a breaker, and one more does; then enough, after a window of good.

    Where each attempt counts for itself, calls can't be mixed so that the rate is known.
    """
    breaker, rate = edge.policy.breaker, edge.policy.rate_of_calls
    if breaker is None or rate is None:
        return
    # The call that proved the consumer to be on the wire counts too.
    if rate.minimum_calls > 2:
        async with edge.fault(edge.failing):
            await edge.calls(phases.TOO_FEW, rate.minimum_calls - 2)
            await edge.call(phases.AFTER_TOO_FEW)
        await edge.call(phases.AT_MINIMUM)
        await edge.open_time_over(phases.AT_MINIMUM)
        await edge.calls(phases.SETTLING, breaker.successes)
    exceeded = floor(rate.failures * (rate.window_calls or 0)) + 1  # not met: some open above it
    failures = max(rate.minimum_calls, min(exceeded, rate.window_calls or 1))
    good = _filling(rate, failures)
    if good + failures > _MOST:
        return
    for _ in range(ceil(good / _AT_ONCE)):
        await edge.calls_concurrently(phases.FILLING, _AT_ONCE)
    if rate.window_s is not None:
        await edge.until(edge.clock.now_s() + rate.window_s + _MARGIN_S)
    async with edge.fault(edge.failing):
        await edge.calls_concurrently(phases.FAILING, failures)
    await edge.calls(phases.OPEN, 3)


def _filling(rate: DeclaredRate, failures: int) -> int:
    """Return how many good calls keep the rate low, for a breaker that never forgets."""
    before = max(rate.minimum_calls, rate.window_calls or 0)
    return before + ceil(2 * failures * (1 - rate.failures) / rate.failures) + 1
