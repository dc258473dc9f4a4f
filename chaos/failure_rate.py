"""Fewer calls fail than the rate that opens the breaker."""

from math import ceil

from seatrial.checks import STAYS_CLOSED_BELOW_RATE, phases
from seatrial.scenarios import LiveEdge, scenario

_MOST = 50
"""Calls of a mixture."""
_MARGIN_S = 0.2


@scenario(
    checks=[STAYS_CLOSED_BELOW_RATE],
    phases=[
        phases.MIXTURE,
        phases.BELOW_RATE,
        phases.FORGETTING,
        phases.MIXTURE_AGAIN,
        phases.BELOW_AGAIN,
        phases.FAILING,
        phases.OPEN,
    ],
    requires=["breaker.rate"],
    tags=["breaker", "run"],
    entities=5 * _MOST,
)
async def failure_rate(edge: LiveEdge) -> None:
    """Good calls, then failures in a row, below the declared rate: the breaker stays closed.

    So it does when as many fail again, once those have left its window.

    Where each attempt counts for itself, calls can't be mixed so that the rate is known.
    """
    rate = edge.policy.rate_of_calls
    if rate is None:
        return
    count = min(rate.window_calls or 4 * rate.minimum_calls, _MOST)
    failures = ceil(rate.failures * count) - 1
    await edge.calls(phases.MIXTURE, count - failures)
    async with edge.fault(edge.failing):
        await edge.calls(phases.MIXTURE, failures)
    await edge.call(phases.BELOW_RATE)
    if (rate.window_calls or 0) <= _MOST:
        if rate.window_s is not None:
            await edge.until(edge.clock.now_s() + rate.window_s + _MARGIN_S)
        await edge.calls(phases.FORGETTING, max(rate.window_calls or 0, count - failures))
        async with edge.fault(edge.failing):
            await edge.calls(phases.MIXTURE_AGAIN, failures)
        await edge.call(phases.BELOW_AGAIN)
    # It is a breaker that opens, and not one that never does.
    async with edge.fault(edge.failing):
        await edge.calls(phases.FAILING, count)
        await edge.calls(phases.OPEN, 2)
