"""Probes fail, at once and by hanging."""

from seatrial.checks import PROBES_LEAVE_THEIR_PLACES, phases, tolerance_s
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Hang, Rule


@scenario(
    checks=[PROBES_LEAVE_THEIR_PLACES],
    phases=[phases.FAILING, phases.OPEN, phases.ILL_PROBE, phases.AFTER_ILL_PROBE],
    requires=["breaker"],
    tags=["breaker"],
    entities=120,
)
async def failing_probes(edge: LiveEdge) -> None:
    """All probes fail, then all hang: each time, after the open time, there are others."""
    breaker, retry = edge.policy.breaker, edge.policy.retry
    assert breaker is not None
    faults = [edge.failing]
    bound_s = retry.attempt_timeout_s if retry else None
    if bound_s is not None:
        hang = Hang(hang_s=bound_s + tolerance_s(bound_s) + 1)
        faults.append(Rule(match=edge.match, do=hang))
    for fault in faults:
        async with edge.fault(edge.failing):
            await edge.failing_calls()
            await edge.calls(phases.OPEN, 1)
        await edge.open_time_over()
        async with edge.fault(fault):
            await edge.calls_concurrently(phases.ILL_PROBE, breaker.probes or breaker.successes)
        await edge.open_time_over(phases.ILL_PROBE)
        await edge.call(phases.AFTER_ILL_PROBE)
        await edge.calls(phases.SETTLING, breaker.successes)
