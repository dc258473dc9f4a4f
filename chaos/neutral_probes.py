"""Probes end without saying whether the provider works."""

from seatrial.checks import PROBES_LEAVE_THEIR_PLACES, phases
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Status


@scenario(
    checks=[PROBES_LEAVE_THEIR_PLACES],
    phases=[phases.FAILING, phases.OPEN, phases.NEUTRAL_PROBE, phases.AFTER_NEUTRAL_PROBE],
    requires=["breaker"],
    tags=["breaker"],
    entities=150,
)
async def neutral_probes(edge: LiveEdge) -> None:
    """All probes are answered 404, then refused, then given up: each time others may follow."""
    breaker = edge.policy.breaker
    assert breaker is not None
    probes = breaker.probes or breaker.successes
    # Whether a refusal is neutral is declared, or left open; where it counts, its probe fails.
    known = (404, 400) if edge.policy.failures is not None else (404,)
    for status in (one for one in known if not edge.policy.counts(one)):
        await _half_open(edge)
        async with edge.fault(Status(status=status)):
            await edge.calls_concurrently(phases.NEUTRAL_PROBE, probes)
        await edge.call(phases.AFTER_NEUTRAL_PROBE)
        await edge.calls(phases.SETTLING, breaker.successes)
    await _half_open(edge)
    await edge.cancelled(phases.NEUTRAL_PROBE, probes)
    # Not every consumer hears of a caller's going at once; its requests end by themselves.
    await edge.open_time_over(phases.NEUTRAL_PROBE)
    await edge.call(phases.AFTER_NEUTRAL_PROBE)


async def _half_open(edge: LiveEdge) -> None:
    async with edge.fault(edge.failing):
        await edge.failing_calls()
        await edge.calls(phases.OPEN, 1)
    await edge.open_time_over()
