"""The provider hangs."""

from seatrial.checks import (
    ANSWERS_AS_DECLARED_WHILE_DOWN,
    ATTEMPT_TIMEOUT,
    CALL_DEADLINE,
    HANGING_ANSWERS_IN_TIME,
    phases,
    tolerance_s,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Hang


@scenario(
    checks=[
        ATTEMPT_TIMEOUT,
        CALL_DEADLINE,
        ANSWERS_AS_DECLARED_WHILE_DOWN,
        HANGING_ANSWERS_IN_TIME,
    ],
    phases=[phases.HUNG],
    requires=["retry"],
    tags=["time"],
)
async def provider_hung(edge: LiveEdge) -> None:
    """The provider takes requests and never answers: attempts end in time, and so does the call."""
    retry = edge.policy.retry
    assert retry is not None
    longest_s = retry.attempt_timeout_s or retry.deadline_s or 1.0
    async with edge.fault(Hang(hang_s=longest_s + tolerance_s(longest_s) + 1)):
        await edge.calls_concurrently(phases.HUNG, 2)
