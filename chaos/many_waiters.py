"""More callers ask for one entity at once than may wait for it."""

from seatrial.checks import CAPS_WAITERS, RECOVERS, phases
from seatrial.scenarios import LiveEdge, scenario

_MORE, _MOST = 5, 250
"""Calls beyond those that may wait, and calls in all."""


@scenario(
    checks=[CAPS_WAITERS, RECOVERS],
    phases=[phases.MANY_WAITERS, phases.RECOVERED],
    requires=["cache.max_waiters"],
    tags=["cache"],
)
async def many_waiters(edge: LiveEdge) -> None:
    """As many callers as declared wait for one request; further ones are refused at once."""
    cache = edge.policy.cache
    assert cache is not None
    assert cache.max_waiters is not None
    many = min(cache.max_waiters + 1 + _MORE, _MOST)
    await edge.concurrent_batch(phases.MANY_WAITERS, many, entity=edge.new_entity())
    await edge.calls(phases.RECOVERED, 2)
