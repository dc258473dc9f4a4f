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
from seatrial.tap import Hang, Rule, Status, When

_SPENT = 0.75
"""Of an attempt's time, before the provider asks for a wait."""


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

    Where all attempts end before the call must, a wait that the provider asks for leaves less than
    an attempt's time, and then it hangs.
    """
    retry = edge.policy.retry
    assert retry is not None
    longest_s = retry.attempt_timeout_s or retry.deadline_s or 1.0
    async with edge.fault(Hang(hang_s=longest_s + tolerance_s(longest_s) + 1)):
        await edge.calls_concurrently(phases.HUNG, 2)
    asked_s = floor(retry.retry_after_cap_s or 0.0)
    if asked_s and retry.deadline_s is not None and retry.attempts * longest_s < retry.deadline_s:
        edge.facts["outlasting_s"] = asked_s
        delay_s = max(0.0, min(_SPENT * longest_s, retry.deadline_s - asked_s - longest_s / 4))
        asks = Status(status=edge.policy.failing_status, retry_after_s=asked_s, delay_s=delay_s)
        first = Rule(match=edge.match, when=When(first=1), per=edge.per_call, do=asks)
        async with edge.fault(Hang(hang_s=2 * longest_s)), edge.plan(first):
            await edge.calls_concurrently(phases.OUTLASTING, 2 if edge.per_call else 1)
