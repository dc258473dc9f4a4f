"""The provider comes and goes."""

from seatrial.checks import SUCCESS_RESETS_COUNT, phases
from seatrial.scenarios import LiveEdge, scenario

_TIMES = 3


@scenario(
    checks=[SUCCESS_RESETS_COUNT],
    phases=[phases.NEARLY, phases.RESETS, phases.FAILING, phases.OPEN],
    requires=["breaker.failures"],
    tags=["breaker", "run"],
)
async def flapping(edge: LiveEdge) -> None:
    """The provider comes and goes, never away for long enough: the breaker stays closed.

    Then it is away for long enough: it is a breaker that opens, and not one that never does.
    """
    for _ in range(_TIMES):
        async with edge.fault(edge.failing):
            await edge.calls(phases.NEARLY, edge.calls_to_open - 1)
        await edge.call(phases.RESETS)
    async with edge.fault(edge.failing):
        await edge.failing_calls()
        await edge.calls(phases.OPEN, 2)
