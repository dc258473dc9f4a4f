"""The provider comes and goes."""

from seatrial.checks import SUCCESS_RESETS_COUNT, phases
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario

_TIMES = 3


@scenario(
    checks=[SUCCESS_RESETS_COUNT],
    phases=[phases.NEARLY, phases.RESETS],
    requires=["breaker.failures"],
    tags=["breaker", "run"],
)
async def flapping(edge: LiveEdge) -> None:
    """The provider comes and goes, never away for long enough: the breaker stays closed."""
    for _ in range(_TIMES):
        async with edge.fault(down()):
            await edge.calls(phases.NEARLY, edge.calls_to_open - 1)
        await edge.call(phases.RESETS)
