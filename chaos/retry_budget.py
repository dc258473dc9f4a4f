"""More calls fail than the retry budget pays for."""

from math import ceil

from seatrial.checks import RETRIES_ARE_BUDGETED, phases
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Rule, When

_MOST = 150
_AT_ONCE = 40
"""Enough to be all under way as the budget runs out."""


@scenario(
    checks=[RETRIES_ARE_BUDGETED],
    phases=[phases.BUDGETED],
    requires=["retry.budget"],
    tags=["retry"],
    entities=2 * _MOST,
)
async def retry_budget(edge: LiveEdge) -> None:
    """Attempts fail until their retries exceed the budget: the rest is not tried again.

    What then fails for want of a retry may open a breaker, which sends nothing either.
    """
    retry = edge.policy.retry
    assert retry is not None
    assert retry.budget is not None
    further, budget = retry.attempts - 1, retry.budget
    if further < 1 or edge.per_call is None:
        return
    room = budget.floor_per_s * budget.window_s
    calls = ceil(1.2 * room / max(further - 2 * budget.ratio, 0.1)) + 5
    fails = Rule(
        match=edge.match,
        when=When(first=further),
        per=edge.per_call,
        do=edge.retried_failure,
    )
    breaker = edge.policy.breaker
    at_once = _AT_ONCE
    if breaker is not None and breaker.order == "inside-retry":
        at_once = max(1, (breaker.failures_to_open - 1) // further)
    for _ in range(ceil(min(calls, _MOST) / at_once)):
        async with edge.plan(fails):
            await edge.calls_concurrently(phases.BUDGETED, at_once)
