"""Fewer calls fail than the rate that opens the breaker."""

from math import ceil

from seatrial.checks import STAYS_CLOSED_BELOW_RATE, phases
from seatrial.scenarios import LiveEdge, scenario

_MOST = 50
"""Calls in all."""


@scenario(
    checks=[STAYS_CLOSED_BELOW_RATE],
    phases=[phases.MIXTURE, phases.BELOW_RATE, phases.FAILING, phases.OPEN],
    requires=["breaker.rate"],
    tags=["breaker", "run"],
)
async def failure_rate(edge: LiveEdge) -> None:
    """Good calls, then failures in a row, below the declared rate: the breaker stays closed.

    Where each attempt counts for itself, calls can't be mixed so that the rate is known.
    """
    breaker, retry = edge.policy.breaker, edge.policy.retry
    assert breaker is not None
    assert breaker.rate is not None
    if breaker.order == "inside-retry" and retry is not None and retry.attempts > 1:
        return
    rate = breaker.rate
    count = min(rate.window_calls or 4 * rate.minimum_calls, _MOST)
    failures = ceil(rate.failures * count) - 1
    await edge.calls(phases.MIXTURE, count - failures)
    async with edge.fault(edge.failing):
        await edge.calls(phases.MIXTURE, failures)
    await edge.call(phases.BELOW_RATE)
    # It is a breaker that opens, and not one that never does.
    async with edge.fault(edge.failing):
        await edge.calls(phases.FAILING, count)
        await edge.calls(phases.OPEN, 2)
