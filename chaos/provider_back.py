"""The provider comes back."""

from seatrial.checks import (
    CAPS_PROBES,
    CLOSES_AFTER_SUCCESSES,
    STAYS_OPEN_AS_DECLARED,
    TRIES_AGAIN_AFTER_OPEN_TIME,
)
from seatrial.faults import away
from seatrial.scenarios import LiveEdge, scenario

_MORE = 5
"""Calls at once beyond the declared probes."""


@scenario(
    checks=[
        STAYS_OPEN_AS_DECLARED,
        TRIES_AGAIN_AFTER_OPEN_TIME,
        CAPS_PROBES,
        CLOSES_AFTER_SUCCESSES,
    ],
    needs=["breaker"],
    tags=["breaker"],
    entities=200,
)
async def provider_back(edge: LiveEdge) -> None:
    """The provider comes back: after the open time first a few probes get through, then all."""
    breaker = edge.policy.breaker
    assert breaker is not None
    async with edge.fault(away()):
        await edge.calls("failing", edge.failing_calls(breaker.failures))
    await edge.calls("open", 3)
    for tenth in range(1, 10):
        await edge.until(edge.open_began_s + breaker.open_s * tenth / 10)
        await edge.call("waiting")
    await edge.until(edge.open_began_at_the_latest_s + breaker.open_s * 1.1 + 0.1)
    await edge.calls("probing", breaker.successes - 1)
    await edge.burst("burst", (breaker.probes or breaker.successes) + _MORE)
    await edge.burst("closed", (breaker.probes or breaker.successes) + _MORE)
