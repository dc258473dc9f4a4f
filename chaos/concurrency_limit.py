"""More callers at once than the provider is asked by."""

from seatrial.checks import CAPS_CONCURRENCY, RECOVERS, phases
from seatrial.scenarios import LiveEdge, scenario

_MORE, _MOST = 5, 250
"""Calls beyond the declared limit, and calls in all."""


@scenario(
    checks=[CAPS_CONCURRENCY, RECOVERS],
    phases=[phases.OVER_LIMIT, phases.RECOVERED],
    requires=["concurrency"],
    tags=["concurrency"],
    entities=_MOST + 10,
)
async def concurrency_limit(edge: LiveEdge) -> None:
    """More callers than declared come at once: the provider meets as many as declared, no more.

    Further ones wait or are refused; afterwards the places are free again.
    """
    concurrency = edge.policy.concurrency
    assert concurrency is not None
    await edge.concurrent_batch(phases.OVER_LIMIT, min(concurrency.max_requests + _MORE, _MOST))
    await edge.calls(phases.RECOVERED, 2)
