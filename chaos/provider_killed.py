"""The provider's process is killed."""

from seatrial.checks import ANSWERS_AS_DECLARED_WHILE_DOWN, ANSWERS_IN_TIME, RECOVERS, phases
from seatrial.faults import killed
from seatrial.scenarios import FaultTarget, LiveEdge, scenario


@scenario(
    checks=[ANSWERS_AS_DECLARED_WHILE_DOWN, ANSWERS_IN_TIME, RECOVERS],
    phases=[phases.FAILING, phases.RECOVERED],
    requires=[FaultTarget.PROVIDER],
    tags=["dependencies"],
    exclusive=True,
)
async def provider_killed(edge: LiveEdge) -> None:
    """The provider is killed with SIGKILL and started again: callers are refused, then served."""
    breaker = edge.policy.breaker
    async with edge.fault(killed()):
        await edge.calls_concurrently(phases.FAILING, edge.calls_to_open)
    await edge.open_time_over()
    await edge.calls(phases.RECOVERED, (breaker.successes if breaker else 1) + 1)
