"""What else happens to a breaker than failures in a row: what must matter, and what mustn't."""

from dataclasses import replace

from seatrial.checks import phases
from seatrial.checks.breaker import OPENS_AT_THRESHOLD, open_until_s, while_open
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase
from seatrial.checks.premises import failed, soon, visible
from seatrial.config import DeclaredBreaker

_declared = where_declared("breaker", lambda policy: policy.breaker)


@_declared
def _resets(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    if breaker.rate is not None:
        return Finding.skipped("a rate of failures opens the breaker as declared")
    if (evidence.policy.calls_to_open or 0) < 2:
        return Finding.undecided("one failed call opens the breaker as declared")
    calls = evidence.calls_in(phases.RESETS)
    if not calls:
        return Finding.undecided("no call was made after failures that a success parted")
    silent = [call for call in calls if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"{len(silent)} of {len(calls)} calls were not let through, although a success "
            f"came between failures that were fewer than {breaker.failures} each time",
            shown_by=silent[0],
        )
    return Finding.passed(f"{len(calls)} times a success made the failures before it forgotten")


@_declared
def _missing_is_none(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    return _no_failure(evidence, breaker, phases.UNKNOWN, "answered that there is no such entity")


@_declared
def _cancelled_is_none(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    return _no_failure(evidence, breaker, phases.CANCELLED, "given up by their callers")


def _no_failure(
    evidence: Evidence, breaker: DeclaredBreaker, phase: ScenarioPhase, what: str
) -> Finding:
    calls, after = evidence.calls_in(phase), evidence.calls_in(phases.AFTER)
    reached = [call for call in calls if evidence.attempts_of(call)]
    if len(reached) < breaker.failures_to_open or not after:
        return Finding.undecided(f"not enough calls were {what}")
    if not evidence.attempts_of(after[0]):
        return Finding.failed(
            f"after {len(calls)} calls that were {what} the next one was not let through: "
            "they were counted as failures",
            shown_by=after[0],
        )
    return Finding.passed(f"{len(calls)} calls that were {what} did not open the breaker")


@_declared
def _reopens(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    probes, calls = evidence.calls_in(phases.FAILED_PROBE), evidence.calls_in(phases.REOPENED)
    failed = [call for call in probes if evidence.attempts_of(call)]
    if not failed:
        return Finding.undecided("no probe failed")
    # It opened again, at the earliest, as the attempt arrived whose failure opens it.
    seen = evidence.attempts_of(failed[0])
    failed_s = seen[0 if breaker.order == "inside-retry" else -1].arrived_s
    until_s = failed_s + breaker.open_s
    over = [call for call in calls if call.ended_s < until_s]
    sent = [one for one in evidence.attempts_of(calls) if one.arrived_s < until_s]
    if sent:
        return Finding.failed(
            f"after a probe had failed, {len(sent)} more requests reached the provider within "
            f"the declared open time of {breaker.open_s:g} s",
            shown_by=sent[0],
        )
    if not over:
        return Finding.retryable_undecided(
            "no call ended within the open time after the failed probe"
        )
    good = sum(call.outcome == "good" for call in evidence.calls_in(phases.PROBING))
    return Finding.passed(
        f"a failed probe, after {good} that succeeded, opened the breaker again: "
        f"{len(over)} calls sent nothing"
    )


@_declared
def _late_success(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    late = evidence.calls_in(phases.LATE)
    answered = [one for one in evidence.attempts_of(late) if one.answered_s and one.status == 200]
    opened = [call.ended_s for call in evidence.calls_in(phases.OPEN)]
    if not answered or not opened or (answered[-1].answered_s or 0.0) < max(opened):
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
    tries = [
        one.ended_s or one.arrived_s for one in evidence.attempts_of(evidence.calls_in(phases.LATE))
    ]
    failed = [call.ended_s for call in evidence.calls_in(phases.FAILING)]
    if tries and failed and tries[0] < max(failed):
        return Finding.retryable_undecided(
            "the call from before ended before the failures that open the breaker did"
        )
    return OPENS_AT_THRESHOLD.judge(evidence)


_OPENED_BEFORE = replace(
    OPENS_AT_THRESHOLD,
    judge=_opened_before,
    needs=(phases.LATE, phases.FAILING, phases.OPEN),
    reads=(phases.STORM,),
)
SUCCESS_RESETS_COUNT = wire_check(
    "success-resets-count",
    "Only failures in a row count: a success between them starts the count again.",
    _resets,
    needs=[phases.NEARLY, phases.RESETS],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[failed(phases.NEARLY), visible(phases.RESETS), soon(phases.RESETS, phases.NEARLY)],
)
MISSING_IS_NO_FAILURE = wire_check(
    "missing-is-no-failure",
    "That there is no such entity (404) does not open the breaker.",
    _missing_is_none,
    needs=[phases.UNKNOWN, phases.AFTER],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[visible(phases.AFTER), soon(phases.AFTER, phases.UNKNOWN)],
)
CANCELLATION_IS_NO_FAILURE = wire_check(
    "cancellation-is-no-failure",
    "Callers that go away do not open the breaker.",
    _cancelled_is_none,
    needs=[phases.CANCELLED, phases.AFTER],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[visible(phases.AFTER), soon(phases.AFTER, phases.CANCELLED)],
)
REOPENS_ON_FAILED_PROBE = wire_check(
    "reopens-on-failed-probe",
    "One failed probe opens the breaker again, whatever came before.",
    _reopens,
    needs=[phases.FAILED_PROBE, phases.REOPENED],
    reads=[phases.PROBING],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[visible(phases.REOPENED)],
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
