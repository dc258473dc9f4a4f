"""Valkey is down."""

from seatrial.checks import ANSWERS_IN_TIME, GOES_ON, RECOVERS
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario

_CALLS = 5


@scenario(
    checks=[GOES_ON, ANSWERS_IN_TIME, RECOVERS],
    parts=["redis"],
    tags=["dependencies"],
)
async def valkey_down(edge: LiveEdge) -> None:
    """Valkey is down: who asks is answered all the same, by asking the provider."""
    async with edge.fault(down(), on="valkey"):
        await edge.calls("meanwhile", _CALLS)
    await edge.calls("recovered", 2)
