"""More calls fail than the retry budget pays for."""

from math import ceil

from seatrial.checks import RETRIES_ARE_BUDGETED
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Rule, Status, When

_MOST = 150
_SPARE_S = 4.0
"""How long the story may take: the budget grows meanwhile."""


@scenario(
    checks=[RETRIES_ARE_BUDGETED],
    needs=["retry.budget"],
    tags=["retry"],
    entities=2 * _MOST,
)
async def retry_budget(edge: LiveEdge) -> None:
    """So many attempts fail that their retries exceed the budget: the rest is not tried again."""
    retry = edge.policy.retry
    assert retry is not None
    assert retry.budget is not None
    further, budget = retry.attempts - 1, retry.budget
    if further < 1 or edge.per_call is None:
        return
    room = budget.floor_per_s * (budget.window_s + _SPARE_S)
    calls = ceil(1.2 * room / max(further - 2 * budget.ratio, 0.1)) + 5
    fails = Rule(
        match=edge.match,
        when=When(first=further),
        per=edge.per_call,
        do=Status(status=edge.policy.failing_status),
    )
    at_once = max(1, edge.calls_to_open - 1)
    for _ in range(ceil(min(calls, _MOST) / at_once)):
        async with edge.plan(fails):
            await edge.calls_at_once("budgeted", at_once)
        # What fails for want of a retry must not open the breaker.
        await edge.call("between")
