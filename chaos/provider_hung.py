"""The provider hangs."""

from seatrial.checks import (
    ANSWERS_AS_DECLARED_WHILE_AWAY,
    CALL_DEADLINE,
    HANGING_ANSWERS_IN_TIME,
    TRY_TIMEOUT,
)
from seatrial.checks.slack import slack_s
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Hang


@scenario(
    checks=[TRY_TIMEOUT, CALL_DEADLINE, ANSWERS_AS_DECLARED_WHILE_AWAY, HANGING_ANSWERS_IN_TIME],
    needs=["retry"],
    tags=["time"],
    gentle=True,
)
async def provider_hung(edge: LiveEdge) -> None:
    """The provider takes requests and never answers: attempts end in time, and so does the call."""
    retry = edge.policy.retry
    assert retry is not None
    longest_s = retry.try_timeout_s or retry.deadline_s or 1.0
    async with edge.fault(Hang(hang_s=longest_s + slack_s(longest_s) + 1)):
        await edge.calls_at_once("hung", 2)
