"""Valkey is down."""

from seatrial.checks import ANSWERS_IN_TIME, GOES_ON, RECOVERS, phases
from seatrial.faults import down
from seatrial.scenarios import FaultTarget, LiveEdge, scenario

_CALLS = 5


@scenario(
    checks=[GOES_ON, ANSWERS_IN_TIME, RECOVERS],
    phases=[phases.DEPENDENCY_DOWN, phases.RECOVERED],
    requires=[FaultTarget.VALKEY],
    tags=["dependencies"],
)
async def valkey_down(edge: LiveEdge) -> None:
    """Valkey is down: who asks is answered all the same, by asking the provider."""
    async with edge.fault(down(), on=FaultTarget.VALKEY):
        await edge.calls(phases.DEPENDENCY_DOWN, _CALLS)
    await edge.calls(phases.RECOVERED, 2)
