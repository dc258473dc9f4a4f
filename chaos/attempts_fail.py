"""All attempts of a call but the last fail."""

from math import ceil

from seatrial.checks import (
    ATTEMPTS_PER_CALL,
    HIDES_SHORT_FAILURES,
    NEVER_REPEATS_UNSAFE,
    SAME_KEY_ON_EVERY_ATTEMPT,
    TRACE_ON_EVERY_ATTEMPT,
    WAITS_ARE_SPREAD,
    WAITS_GROW,
    phases,
)
from seatrial.config import DeclaredRetry
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Rule, When

_CALLS, _AT_ONCE, _FEW = 40, 8, 3
"""Enough calls to see jitter in; a few at a time."""


@scenario(
    checks=[
        ATTEMPTS_PER_CALL,
        HIDES_SHORT_FAILURES,
        WAITS_GROW,
        WAITS_ARE_SPREAD,
        NEVER_REPEATS_UNSAFE,
        SAME_KEY_ON_EVERY_ATTEMPT,
        TRACE_ON_EVERY_ATTEMPT,
    ],
    phases=[phases.BEFORE, phases.RETRIED, phases.EXHAUSTED],
    requires=["retry"],
    tags=["retry", "run"],
    entities=200,
)
async def attempts_fail(edge: LiveEdge) -> None:
    """Two of three attempts fail: the caller never notices, and the waits between them grow.

    Then all attempts of a few calls fail, too few to open a breaker: nobody tries more often.
    """
    retry, breaker = edge.policy.retry, edge.policy.breaker
    assert retry is not None
    count, before = _affordable(retry)
    await edge.calls_concurrently(phases.BEFORE, before)
    # A breaker that counts attempts would rightly open on the failures of many calls at once.
    counts_attempts = breaker is not None and breaker.order == "inside-retry"
    at_once = 1 if counts_attempts or edge.per_call is None else _AT_ONCE
    fails = Rule(
        match=edge.match,
        when=When(first=max(1, retry.attempts - 1)),
        per=edge.per_call,
        do=edge.retried_failure,
    )
    while count > 0 and retry.attempts > 1:
        async with edge.plan(fails):
            await edge.calls_concurrently(phases.RETRIED, min(count, at_once))
        count -= at_once
    few = 2 if breaker is None else min(2, edge.calls_to_open - 1)
    async with edge.fault(edge.retried_failure):
        await edge.calls(phases.EXHAUSTED, few)


def _affordable(retry: DeclaredRetry) -> tuple[int, int]:
    """How many failing calls a retry budget allows, and how many good ones must come before."""
    further = retry.attempts - 1
    if retry.budget is None or not further:
        return _CALLS, 0
    ratio, floor = retry.budget.ratio, retry.budget.floor_per_s * retry.budget.window_s
    # Those that fail for good are tried again too.
    count = int((floor - _FEW * further) / max(further - ratio, 0.001))
    if count >= _FEW:
        return min(_CALLS, count), 0
    missing = 2 * _FEW * further - floor
    return _FEW, min(100, ceil(missing / ratio)) if ratio else 0
