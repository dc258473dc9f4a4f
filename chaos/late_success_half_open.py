"""A call from before succeeds while the breaker is half-open."""

from seatrial.checks import LATE_SUCCESS_CLOSES_NOTHING, outlasts_open_time, phases
from seatrial.scenarios import LiveEdge, call_from_before, scenario

_MORE = 5
"""Calls at once beyond the declared probes."""


@scenario(
    checks=[LATE_SUCCESS_CLOSES_NOTHING],
    phases=[phases.LATE, phases.FAILING, phases.OPEN, phases.PROBING, phases.LAST],
    requires=["breaker.failures", "breaker.probes", "retry.attempt_timeout_s"],
    tags=["breaker"],
)
async def late_success_half_open(edge: LiveEdge) -> None:
    """One success is missing as a call from before succeeds: that is none of the probes'."""
    breaker = edge.policy.breaker
    assert breaker is not None
    if breaker.successes < 2 or not outlasts_open_time(edge.policy):
        return
    async with call_from_before(edge) as let_go:
        await edge.open_time_over()
        await edge.calls(phases.PROBING, breaker.successes - 1)
        await let_go()
    await edge.concurrent_batch(phases.LAST, (breaker.probes or 1) + _MORE)
