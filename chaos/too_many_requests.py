"""The provider asks to be left alone for a while."""

from math import ceil

from seatrial.checks import (
    ENDS_AT_LONG_RETRY_AFTER,
    HONOURS_RETRY_AFTER,
    HONOURS_RETRY_AFTER_DATES,
    HONOURS_RETRY_AFTER_OF_503,
    ScenarioPhase,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Rule, Status, When

_CALLERS = 2


@scenario(
    checks=[
        HONOURS_RETRY_AFTER,
        HONOURS_RETRY_AFTER_DATES,
        HONOURS_RETRY_AFTER_OF_503,
        ENDS_AT_LONG_RETRY_AFTER,
    ],
    phases=[
        phases.ASKED_TOO_LONG,
        phases.BETWEEN,
        phases.ASKED,
        phases.ASKED_BY_503,
        phases.ASKED_BY_DATE,
    ],
    requires=["retry.retry_after_cap_s"],
    tags=["retry"],
)
async def too_many_requests(edge: LiveEdge) -> None:
    """429 with Retry-After: a short one is waited for, a long one ends the call at once.

    A short one of a 503 is waited for just so.
    """
    retry = edge.policy.retry
    assert retry is not None
    cap_s = retry.retry_after_cap_s or 0.0
    too_long = Status(status=429, retry_after_s=ceil(max(cap_s, retry.deadline_s or 0.0)) + 60)
    if retry.retry_after_over_cap == "ends":
        async with edge.fault(too_long):
            await edge.call(phases.ASKED_TOO_LONG)
        await edge.call(phases.BETWEEN)
    asked_s, by_date_s = retry.asked_s(), retry.asked_by_date_s()
    if asked_s is not None:
        edge.facts["retry_after_s"] = asked_s
        await _asked(edge, phases.ASKED, Status(status=429, retry_after_s=int(asked_s)))
        if retry.retry_after_with_503:
            answer = Status(status=503, retry_after_s=int(asked_s))
            await _asked(edge, phases.ASKED_BY_503, answer)
    if by_date_s is not None:
        edge.facts["retry_after_date_s"] = by_date_s
        await _asked(edge, phases.ASKED_BY_DATE, Status(status=429, retry_after_date_s=by_date_s))


async def _asked(edge: LiveEdge, phase: ScenarioPhase, answer: Status) -> None:
    """Some calls whose first try gets this answer."""
    for _ in range(1 if edge.per_call else _CALLERS):
        rule = Rule(match=edge.match, when=When(first=1), per=edge.per_call, do=answer)
        async with edge.plan(rule):
            await edge.calls_concurrently(phase, _CALLERS if edge.per_call else 1)
