"""The provider hangs."""

from math import floor

from seatrial.checks import (
    ANSWERS_AS_DECLARED_WHILE_DOWN,
    ATTEMPT_TIMEOUT,
    CALL_DEADLINE,
    HANGING_ANSWERS_IN_TIME,
    phases,
    tolerance_s,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Hang, Status


@scenario(
    checks=[
        ATTEMPT_TIMEOUT,
        CALL_DEADLINE,
        ANSWERS_AS_DECLARED_WHILE_DOWN,
        HANGING_ANSWERS_IN_TIME,
    ],
    phases=[phases.HUNG, phases.OUTLASTING],
    requires=["retry"],
    tags=["time"],
)
async def provider_hung(edge: LiveEdge) -> None:
    """The provider takes requests and never answers: attempts end in time, and so does the call.

    Where all attempts end before the call must, waits that the provider asks for outlast it.
    """
    retry = edge.policy.retry
    assert retry is not None
    longest_s = retry.attempt_timeout_s or retry.deadline_s or 1.0
    async with edge.fault(Hang(hang_s=longest_s + tolerance_s(longest_s) + 1)):
        await edge.calls_concurrently(phases.HUNG, 2)
    asked_s = floor(retry.retry_after_cap_s or 0.0)
    if asked_s and retry.deadline_s is not None and retry.attempts * longest_s < retry.deadline_s:
        edge.facts["outlasting_s"] = asked_s
        status = edge.policy.failing_status
        async with edge.fault(Status(status=status, retry_after_s=asked_s)):
            await edge.calls_concurrently(phases.OUTLASTING, 2)
