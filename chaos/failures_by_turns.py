"""More calls fail than the rate that opens the breaker, with good ones between them."""

from math import ceil

from seatrial.checks import OPENS_ABOVE_RATE, phases
from seatrial.scenarios import LiveEdge, scenario

_MOST = 60
"""Calls of the largest window that is filled."""
_IN_A_ROW = 9
"""Failures before each good call that meet the rate, at most."""


@scenario(
    checks=[OPENS_ABOVE_RATE],
    phases=[phases.TURNS, phases.ABOVE_RATE],
    requires=["breaker.rate"],
    tags=["breaker"],
    entities=3 * _MOST,
)
async def failures_by_turns(edge: LiveEdge) -> None:
    """Good calls fill the window, then failures and good ones come by turns: it opens.

    Where each attempt counts for itself, calls can't be mixed so that the rate is known.
    """
    rate = edge.policy.rate_of_calls
    if rate is None:
        return
    window = rate.window_calls or rate.minimum_calls
    good = 1 - rate.failures
    if window > _MOST or rate.failures > _IN_A_ROW * good:
        return
    failures = ceil(rate.failures / good) + 1
    if rate.window_calls is not None:
        await edge.calls(phases.TURNS, window)
    for _ in range(ceil(window / (failures + 1))):
        async with edge.fault(edge.failing):
            await edge.calls(phases.TURNS, failures)
        await edge.call(phases.TURNS)
    await edge.calls(phases.ABOVE_RATE, 2)
