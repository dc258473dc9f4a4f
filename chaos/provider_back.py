"""The provider comes back."""

from seatrial.checks import (
    CAPS_PROBES,
    CLOSES_AFTER_SUCCESSES,
    PROBES_AFTER_OPEN_TIME,
    RETRY_AFTER_FITS,
    STAYS_OPEN_AS_DECLARED,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario

_MORE = 5
"""Calls at once beyond the declared probes."""


@scenario(
    checks=[
        STAYS_OPEN_AS_DECLARED,
        RETRY_AFTER_FITS,
        PROBES_AFTER_OPEN_TIME,
        CAPS_PROBES,
        CLOSES_AFTER_SUCCESSES,
    ],
    phases=[
        phases.FAILING,
        phases.OPEN,
        phases.WAITING,
        phases.BURST,
        phases.PROBING,
        phases.LAST,
        phases.CLOSED,
    ],
    requires=["breaker"],
    tags=["breaker", "run"],
    entities=100,
)
async def provider_back(edge: LiveEdge) -> None:
    """The provider comes back: after the open time first a few probes get through, then all.

    The first probes fail, all at once, so that there are none that succeeded before the second
    time: then it takes the declared successes, one after the other, and no fewer.
    """
    breaker = edge.policy.breaker
    assert breaker is not None
    many = (breaker.probes or breaker.successes) + _MORE
    async with edge.fault(edge.failing):
        await edge.failing_calls()
    await edge.calls(phases.OPEN, 3)
    for tenth in range(2, 10):
        await edge.until(edge.open_began_s + breaker.open_s * tenth / 10)
        await edge.call(phases.WAITING)
    await edge.open_time_over()
    async with edge.fault(edge.failing):
        await edge.concurrent_batch(phases.BURST, many)
    await edge.open_time_over(phases.BURST)
    await edge.calls(phases.PROBING, breaker.successes - 1)
    await edge.concurrent_batch(phases.LAST, many)
    await edge.concurrent_batch(phases.CLOSED, many)
