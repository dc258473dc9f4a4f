"""The deadline of a call comes within a wait between its attempts, or within an attempt."""

from collections.abc import Sequence
from math import ceil, floor

from seatrial.checks import (
    BEGINS_NO_WAIT_BEYOND_DEADLINE,
    COUNTS_CUT_CALLS,
    ScenarioPhase,
    phases,
)
from seatrial.config import DeclaredRetry
from seatrial.scenarios import LiveEdge, open_by_status, scenario
from seatrial.tap import Action, Hang, Rule, Status, When

_SPENT = 0.75
"""Of an attempt's time, before it is answered."""
_LATE_CALLS, _MOST = 4, 20
"""Enough for one of them to draw a wait that is too long; and calls that are cut, at most."""


@scenario(
    checks=[BEGINS_NO_WAIT_BEYOND_DEADLINE, COUNTS_CUT_CALLS],
    phases=[
        phases.FAILING,
        phases.OPEN,
        phases.ASKED_LATE,
        phases.NO_ROOM,
        phases.BETWEEN,
        phases.CUT,
        phases.AFTER_CUT,
    ],
    requires=["retry.deadline_s", "retry.attempt_timeout_s", "retry.retry_after_cap_s"],
    tags=["time"],
    entities=120,
)
async def deadline_cuts(edge: LiveEdge) -> None:
    """Waits that a call's deadline leaves no room for aren't begun, and what hangs at it is cut.

    A call that was cut has failed: as many as open the breaker do.
    """
    retry = edge.policy.retry
    assert retry is not None
    assert retry.deadline_s is not None
    if edge.per_call is None or retry.attempts < 2:
        return
    deadline_s, timeout_s = retry.deadline_s, retry.attempt_timeout_s or 1.0
    status, spent_s = edge.policy.failing_status, _SPENT * timeout_s
    asked_s, few = floor(retry.retry_after_cap_s or 0.0), edge.calls_to_open - 1
    answered = ceil((deadline_s - asked_s) / spent_s)  # attempts, until so long a wait doesn't fit
    if asked_s and few and answered < retry.attempts:
        slow = Status(status=status, delay_s=spent_s)
        asks_late = Status(status=status, delay_s=spent_s, retry_after_s=asked_s)
        answers = [*[slow] * (answered - 1), asks_late]
        await _calls(edge, phases.ASKED_LATE, min(few, 2), answers)
        await edge.calls(phases.BETWEEN, edge.calls_to_close)
    if few and retry.attempts > 2 and (asks := _asking(edge, retry, left_s=0.25 * timeout_s)):
        await _calls(edge, phases.NO_ROOM, min(few, _LATE_CALLS), [asks, Status(status=status)])
        await edge.calls(phases.BETWEEN, edge.calls_to_close)
    asks = _asking(edge, retry, left_s=0.5 * timeout_s)
    if asks and edge.calls_to_open <= _MOST:
        await open_by_status(edge)
        await _calls(edge, phases.CUT, edge.calls_to_open, [asks, Hang(hang_s=2 * timeout_s)])
        await edge.calls(phases.AFTER_CUT, 2)


def _asking(edge: LiveEdge, retry: DeclaredRetry, *, left_s: float) -> Status | None:
    """Return a late answer that asks for a wait after which this much of the call's time is left.

    None where no wait of whole seconds leaves less than an attempt's time.
    """
    deadline_s, timeout_s = retry.deadline_s or 0.0, retry.attempt_timeout_s or 1.0
    asked_s = floor(min(retry.retry_after_cap_s or 0.0, deadline_s - left_s))
    delay_s = min(_SPENT * timeout_s, deadline_s - asked_s - left_s)
    if asked_s < 1 or deadline_s - asked_s - delay_s > timeout_s:
        return None
    return Status(status=edge.policy.failing_status, delay_s=delay_s, retry_after_s=asked_s)


async def _calls(
    edge: LiveEdge, phase: ScenarioPhase, count: int, answers: Sequence[Action]
) -> None:
    """Make calls at once, each of whose attempts gets the next of these answers."""
    rules = [
        Rule(match=edge.match, when=When(first=1), per=edge.per_call, do=answer)
        for answer in answers
    ]
    async with edge.plan(*rules):
        await edge.calls_concurrently(phase, count)
