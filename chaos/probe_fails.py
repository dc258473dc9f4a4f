"""One probe fails after another has succeeded."""

from seatrial.checks import RECOVERS, REOPENS_ON_FAILED_PROBE
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario


@scenario(checks=[REOPENS_ON_FAILED_PROBE, RECOVERS], requires=["breaker"], tags=["breaker"])
async def probe_fails(edge: LiveEdge) -> None:
    """Half-open, one probe succeeds and the next one fails: the breaker is open again, at once."""
    breaker = edge.policy.breaker
    assert breaker is not None
    async with edge.fault(down()):
        await edge.calls("failing", edge.calls_to_open)
    await edge.calls("open", 2)
    await edge.open_time_over()
    # A breaker that closes on its first success has no such moment.
    await edge.calls("probing", 1 if breaker.successes > 1 else 0)
    async with edge.fault(edge.failing):
        await edge.call("failed-probe")
    await edge.calls("reopened", 5)
    await edge.open_time_over("failed-probe")
    await edge.calls("recovered", breaker.successes + 1)
