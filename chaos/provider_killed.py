"""The provider's process is killed."""

from seatrial.checks import ANSWERS_AS_DECLARED_WHILE_DOWN, ANSWERS_IN_TIME, RECOVERS
from seatrial.faults import killed
from seatrial.scenarios import LiveEdge, scenario


@scenario(
    checks=[ANSWERS_AS_DECLARED_WHILE_DOWN, ANSWERS_IN_TIME, RECOVERS],
    parts=["provider-process"],
    tags=["dependencies"],
    exclusive=True,
)
async def provider_killed(edge: LiveEdge) -> None:
    """The provider is killed with SIGKILL and started again: callers are runs, then served."""
    breaker = edge.policy.breaker
    async with edge.fault(killed()):
        await edge.calls_concurrently("failing", edge.calls_to_open)
    await edge.open_time_over()
    await edge.calls("recovered", (breaker.successes if breaker else 1) + 1)
