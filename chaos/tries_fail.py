"""All attempts of a call but the last fail."""

from seatrial.checks import ATTEMPTS_PER_CALL, HIDES_SHORT_FAILURES, WAITS_ARE_SPREAD, WAITS_GROW
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Rule, When
from seatrial.tap.actions.status import Status

_CALLS, _AT_ONCE = 40, 8
"""So many that full jitter can be told from no jitter; a few at a time."""


@scenario(
    checks=[ATTEMPTS_PER_CALL, HIDES_SHORT_FAILURES, WAITS_GROW, WAITS_ARE_SPREAD],
    needs=["retry"],
    tags=["retry"],
)
async def tries_fail(edge: LiveEdge) -> None:
    """Two of three attempts fail: the caller never notices, and the waits between them grow.

    Then all attempts of a few calls fail, too few to open a breaker: nobody tries more often.
    """
    retry = edge.policy.retry
    assert retry is not None
    fails = Rule(
        match=edge.match, when=When(first=retry.attempts - 1), per="path", do=Status(status=503)
    )
    breaker = edge.policy.breaker
    # A breaker that counts attempts would rightly open on the failures of many calls at once.
    at_once = 1 if breaker is not None and breaker.order == "inside-retry" else _AT_ONCE
    async with edge.plan(fails):
        for _ in range(_CALLS // at_once):
            await edge.calls_at_once("retried", at_once)
    few = 2 if breaker is None else min(2, edge.failing_calls(breaker.failures) - 1)
    async with edge.plan(Rule(match=edge.match, do=Status(status=503))):
        await edge.calls("exhausted", few)
