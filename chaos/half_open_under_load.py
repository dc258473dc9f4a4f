"""Many callers wait as the provider comes back."""

from seatrial.checks import (
    CAPS_PROBES,
    CLOSES_AFTER_BURST,
    PROBES_AFTER_OPEN_TIME,
    RECOVERS,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario

_CALLERS = 20
_MORE = 5
"""Calls at once beyond the declared probes."""


@scenario(
    checks=[PROBES_AFTER_OPEN_TIME, CAPS_PROBES, CLOSES_AFTER_BURST, RECOVERS],
    phases=[
        phases.FAILING,
        phases.OPEN,
        phases.BURST,
        phases.PROBING,
        phases.CLOSED,
        phases.RECOVERED,
    ],
    requires=["breaker"],
    tags=["breaker"],
    entities=80,
)
async def half_open_under_load(edge: LiveEdge) -> None:
    """Twenty callers are waiting as the provider comes back: it meets a few of them, not all.

    With the last success that closes the breaker, and no later, everybody is served again.
    """
    breaker = edge.policy.breaker
    assert breaker is not None
    async with edge.fault(edge.failing):
        await edge.failing_calls()
    # As many at once, so that each caller has its connection when the open time is over.
    await edge.calls_concurrently(phases.OPEN, _CALLERS)
    await edge.open_time_over()
    await edge.concurrent_batch(phases.BURST, _CALLERS)
    probes = breaker.probes or breaker.successes
    await edge.calls(phases.PROBING, max(0, breaker.successes - probes))
    await edge.concurrent_batch(phases.CLOSED, probes + _MORE)
    await edge.calls(phases.RECOVERED, breaker.successes + 1)
