"""The provider's database is slow."""

from seatrial.checks import ANSWERS_IN_TIME, RECOVERS, WAITS_FOR_SLOW_ANSWERS, phases
from seatrial.faults import latency
from seatrial.scenarios import FaultTarget, LiveEdge, scenario

_SHARE = 0.1
"""Of an attempt's time, on each answer of the database: a request needs a few of them."""


@scenario(
    checks=[WAITS_FOR_SLOW_ANSWERS, ANSWERS_IN_TIME, RECOVERS],
    phases=[phases.SLOW, phases.RECOVERED],
    requires=["retry.attempt_timeout_s", FaultTarget.PROVIDER_DATABASE],
    tags=["dependencies"],
)
async def slow_database(edge: LiveEdge) -> None:
    """The provider's database is slow, and so is the provider: its answers are waited for."""
    retry = edge.policy.retry
    assert retry is not None
    delay_s = _SHARE * (retry.attempt_timeout_s or 1.0)
    async with edge.fault(latency(delay_s=delay_s), on=FaultTarget.PROVIDER_DATABASE):
        await edge.calls(phases.SLOW, 3)
    await edge.calls(phases.RECOVERED, 2)
