"""Results of calls from before the breaker opened: they come late, and must change nothing."""

from collections.abc import Callable
from dataclasses import replace

from seatrial.checks import phases
from seatrial.checks.breaker import OPENS_AT_THRESHOLD, open_until_s, while_open
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.premises import refused, visible
from seatrial.config import DeclaredBreaker, DeclaredPolicy

_declared = where_declared("breaker", lambda policy: policy.breaker)
_MARGIN_S = 0.5
"""So much longer than the open time a call must be able to last, to end after it."""


def outlasts_open_time(policy: DeclaredPolicy) -> bool:
    """Return True if a call can be under way from before the breaker opens until it lets others in.

    Where each attempt counts for itself, it ends too early: its own attempts are failures.
    """
    breaker, retry = policy.breaker, policy.retry
    if breaker is None or breaker.order == "inside-retry":
        return False
    longest_s = retry.longest_s() if retry else None
    return longest_s is None or longest_s > 1.1 * breaker.open_s + _MARGIN_S


def _outlasting(
    judge: Callable[[Evidence, DeclaredBreaker], Finding],
) -> Callable[[Evidence], Finding]:
    """Judge a breaker whose open time a call can outlast."""

    @_declared
    def judge_late(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
        if not outlasts_open_time(evidence.policy):
            return Finding.skipped(
                f"as declared no call lasts so long that it ends after {breaker.open_s:g} s of "
                "open time"
            )
        if breaker.rate is not None:
            return Finding.skipped("a rate of failures opens the breaker as declared")
        return judge(evidence, breaker)

    return judge_late


def _late_between(
    evidence: Evidence, before: tuple[Call, ...], after: tuple[Call, ...], *, good: bool
) -> Finding | None:
    """Say why the late call's result shows nothing; None where it came between these."""
    late = evidence.calls_in(phases.LATE)
    if not late or not before or not after:
        return Finding.undecided("no call from before ended then")
    if not all(evidence.attempts_of(call) for call in before):
        return Finding.retryable_undecided("a call before the late result was not let through")
    if (late[-1].outcome in SHOWN) is not good:
        wanted = "succeed" if good else "fail"
        return Finding.retryable_undecided(f"the call from before was to {wanted}, and did not")
    if not before[-1].ended_s <= late[-1].ended_s <= after[0].started_s:
        return Finding.retryable_undecided("the call from before ended too early, or too late")
    return None


@_declared
def _late_success(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    late = evidence.calls_in(phases.LATE)
    good = [call for call in late if call.outcome in SHOWN and evidence.attempts_of(call)]
    opened = [call.ended_s for call in evidence.calls_in(phases.OPEN)]
    if not good or not opened or good[-1].ended_s < max(opened):
        return Finding.retryable_undecided(
            "no call from before succeeded while the breaker was open"
        )
    calls, sent = while_open(evidence, breaker, phases.LATE_AFTER)
    if sent:
        return Finding.failed(
            "a call that was under way when the breaker opened succeeded late, and after that "
            f"{len(sent)} requests reached the provider: the late success closed the breaker",
            shown_by=sent[0],
        )
    if not calls:
        return Finding.retryable_undecided("no call ended within the declared open time")
    return Finding.passed(f"a late success changed nothing: {len(calls)} calls sent nothing")


@_declared
def _late_failure(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    late, probing = evidence.calls_in(phases.LATE), evidence.calls_in(phases.PROBING)
    until_s = open_until_s(evidence, breaker)
    if not late or not probing or until_s is None:
        return Finding.undecided("no call from before failed while the breaker was open")
    tries = [one.ended_s or one.arrived_s for one in evidence.attempts_of(late)]
    failed_s = max(tries, default=late[-1].started_s)
    opened_s = max((call.ended_s for call in evidence.calls_in(phases.OPEN)), default=until_s)
    if failed_s < opened_s or failed_s + breaker.open_s < probing[0].ended_s:
        return Finding.retryable_undecided(
            "the late failure came too early, or too late, to show anything"
        )
    if not evidence.attempts_of(probing[0]):
        return Finding.failed(
            f"a call {probing[0].started_s - until_s:.2f} s after the open time of "
            f"{breaker.open_s:g} s did not reach the provider: a failure of a call from before, "
            f"{probing[0].started_s - failed_s:.2f} s earlier, had extended it",
            shown_by=probing[0],
        )
    return Finding.passed("a late failure did not extend the open time")


def _opened_before(evidence: Evidence) -> Finding:
    """The breaker opened while the call from before was still under way."""
    late = [call.ended_s for call in evidence.calls_in(phases.LATE)]
    failed_s = [call.ended_s for call in evidence.calls_in(phases.FAILING)]
    if late and failed_s and late[-1] < max(failed_s):
        return Finding.retryable_undecided(
            "the call from before ended before the failures that open the breaker did"
        )
    return OPENS_AT_THRESHOLD.judge(evidence)


@_outlasting
def _closes_nothing(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    if breaker.successes < 2 or breaker.probes is None:
        return Finding.skipped("a breaker that closes on one success has no such moment")
    probing, last = evidence.calls_in(phases.PROBING), evidence.calls_in(phases.LAST)
    if lack := _late_between(evidence, probing, last, good=True):
        return lack
    good = sum(call.outcome in SHOWN for call in probing)
    if good != breaker.successes - 1:
        return Finding.retryable_undecided(f"{good} of {len(probing)} probes succeeded")
    count = evidence.reached(phases.LAST)
    if count > breaker.probes:
        return Finding.failed(
            f"after {good} of the {breaker.successes} successes that close it a call from before "
            f"succeeded late, and {count} of {len(last)} calls at once got through "
            f"({breaker.probes} probes are declared): the late success was counted",
            shown_by=last[0],
        )
    return Finding.passed(
        f"half-open, a late success was not counted: {count} of {len(last)} calls got through"
    )


@_outlasting
def _reopens_nothing(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    if breaker.successes < 2:
        return Finding.skipped("a breaker that closes on one success has no such moment")
    after = evidence.calls_in(phases.LATE_AFTER)
    if lack := _late_between(evidence, evidence.calls_in(phases.PROBING), after, good=False):
        return lack
    if not evidence.attempts_of(after[0]):
        return Finding.failed(
            "half-open, a call from before it opened failed late, and the next one was not let "
            "through: the late failure opened the breaker again",
            shown_by=after[0],
        )
    return Finding.passed("half-open, a late failure did not open the breaker again")


@_outlasting
def _resets_nothing(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    if (breaker.failures or 0) < 2:
        return Finding.skipped("one failed call opens the breaker as declared")
    before, last = evidence.calls_in(phases.FAILED_AGAIN), evidence.calls_in(phases.FAILED_LAST)
    if lack := _late_between(evidence, before, last, good=True):
        return lack
    after, seen = evidence.calls_in(phases.LATE_AFTER), evidence.attempts_of(last[-1])
    until_s = (seen[-1].arrived_s if seen else last[-1].started_s) + breaker.open_s
    over = [call for call in after if call.ended_s < until_s]
    sent = [one for one in evidence.attempts_of(after) if one.arrived_s < until_s]
    if sent:
        return Finding.failed(
            f"closed again, {len(before) + len(last)} calls in a row failed, a call from before it "
            "opened succeeded late between them, and the next one was let through: the late "
            "success was counted",
            shown_by=sent[0],
        )
    if not over:
        return Finding.retryable_undecided("no call ended within the declared open time")
    return Finding.passed("closed again, a late success did not make failures forgotten")


@_outlasting
def _counts_nothing(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    before = (*evidence.calls_in(phases.RECOVERING), *evidence.calls_in(phases.FAILED_AGAIN))
    after = evidence.calls_in(phases.LATE_AFTER)
    if lack := _late_between(evidence, before, after, good=False):
        return lack
    sent = evidence.attempts_of(after[0])
    if not sent:
        return Finding.failed(
            f"closed again, {len(evidence.calls_in(phases.FAILED_AGAIN))} calls failed, fewer than "
            f"{breaker.failures}, a call from before it opened failed late, and the next one was "
            "not let through: the late failure was counted",
            shown_by=after[0],
        )
    late_s = evidence.attempts_of(evidence.calls_in(phases.LATE)[-1])[-1].arrived_s
    if sent[0].arrived_s >= late_s + breaker.open_s:
        return Finding.retryable_undecided("no call was made within the declared open time")
    return Finding.passed("closed again, a late failure was not counted")


_OPENED_BEFORE = replace(
    OPENS_AT_THRESHOLD,
    judge=_opened_before,
    needs=(phases.LATE, phases.FAILING, phases.OPEN),
    reads=(phases.STORM,),
    premises=(*OPENS_AT_THRESHOLD.premises, refused(phases.OPEN)),
)
LATE_SUCCESS_CHANGES_NOTHING = wire_check(
    "late-success-changes-nothing",
    "A call from before the breaker opened does not close it by succeeding late.",
    _late_success,
    needs=[phases.OPENING, phases.OPEN, phases.LATE, phases.LATE_AFTER],
    depends_on=[_OPENED_BEFORE],
    premises=[visible(phases.LATE_AFTER)],
)
LATE_FAILURE_EXTENDS_NOTHING = wire_check(
    "late-failure-extends-nothing",
    "A call from before the breaker opened does not prolong its open time by failing late.",
    _late_failure,
    needs=[phases.OPENING, phases.OPEN, phases.LATE, phases.PROBING],
    depends_on=[_OPENED_BEFORE],
)
_NEEDS = [phases.FAILING, phases.OPEN, phases.LATE]
LATE_SUCCESS_CLOSES_NOTHING = wire_check(
    "late-success-closes-nothing",
    "Half-open, the success of a call from before the breaker opened is none of its probes'.",
    _closes_nothing,
    needs=[*_NEEDS, phases.PROBING, phases.LAST],
    concurrent=[phases.LAST],
    tests=["breaker.successes"],
    depends_on=[_OPENED_BEFORE],
)
LATE_FAILURE_REOPENS_NOTHING = wire_check(
    "late-failure-reopens-nothing",
    "Half-open, the failure of a call from before the breaker opened does not open it again.",
    _reopens_nothing,
    needs=[*_NEEDS, phases.PROBING, phases.LATE_AFTER],
    depends_on=[_OPENED_BEFORE],
    premises=[visible(phases.LATE_AFTER)],
)
LATE_SUCCESS_RESETS_NOTHING = wire_check(
    "late-success-resets-nothing",
    "Closed again, the success of a call from before it opened leaves the failures in a row.",
    _resets_nothing,
    needs=[*_NEEDS, phases.FAILED_AGAIN, phases.FAILED_LAST, phases.LATE_AFTER],
    depends_on=[_OPENED_BEFORE],
    premises=[visible(phases.LATE_AFTER)],
)
LATE_FAILURE_COUNTS_NOTHING = wire_check(
    "late-failure-counts-nothing",
    "Closed again, the failure of a call from before it opened is not counted.",
    _counts_nothing,
    needs=[*_NEEDS, phases.RECOVERING, phases.LATE_AFTER],
    reads=[phases.FAILED_AGAIN],
    depends_on=[_OPENED_BEFORE],
    premises=[visible(phases.LATE_AFTER)],
)
