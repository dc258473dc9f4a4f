"""What else happens to a breaker than failures in a row: what must matter, and what mustn't."""

from seatrial.checks import phases
from seatrial.checks.breaker import OPENS_AT_THRESHOLD
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase
from seatrial.checks.premises import failed, refused, soon, visible
from seatrial.config import DeclaredBreaker

_MISSING = 404
_REFUSED = ("failed", "degraded")
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
    if evidence.policy.counts(_MISSING):
        return Finding.skipped("a 404 counts as a failure as declared")
    # A breaker that counts them may open before as many have come as surely open it.
    calls = evidence.calls_in(phases.UNKNOWN)
    reached = [call for call in calls if evidence.attempts_of(call)]
    held_back = [call for call in calls if call not in reached and call.outcome in _REFUSED]
    if reached and held_back:
        return Finding.failed(
            f"of {len(calls)} calls about what doesn't exist {len(held_back)} were not let "
            f"through, after the provider had answered {len(reached)} with 404: "
            "they were counted as failures",
            shown_by=held_back[0],
        )
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
    reads=[phases.PROBING, phases.OPEN],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[visible(phases.REOPENED), refused(phases.OPEN)],
)
