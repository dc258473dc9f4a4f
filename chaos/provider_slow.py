"""The provider is slow."""

from seatrial.checks import ANSWERS_IN_TIME, WAITS_FOR_SLOW_ANSWERS, phases
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Delay

_SHARE = 0.5
_CALLERS = 3


@scenario(
    checks=[WAITS_FOR_SLOW_ANSWERS, ANSWERS_IN_TIME],
    phases=[phases.SLOW],
    requires=["retry.attempt_timeout_s"],
    tags=["time", "run"],
)
async def provider_slow(edge: LiveEdge) -> None:
    """The provider is slow, but in time: its answers are waited for, and not asked for twice."""
    retry = edge.policy.retry
    assert retry is not None
    async with edge.fault(Delay(delay_s=_SHARE * (retry.attempt_timeout_s or 1.0))):
        await edge.calls_concurrently(phases.SLOW, _CALLERS)
