"""What a breaker counts once, or not at all, and the places of its probes."""

from seatrial.checks import phases
from seatrial.checks.batches import WAITERS_SHARE_FAILURE
from seatrial.checks.breaker import OPENS_AT_THRESHOLD
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase, any_of
from seatrial.checks.premises import soon, visible
from seatrial.config import DeclaredBreaker

_declared = where_declared("breaker", lambda policy: policy.breaker)


@_declared
def _refusals(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    refused = evidence.calls_in(phases.REFUSED_OFTEN)
    after = evidence.calls_in(phases.AFTER_REFUSALS)
    if not after:
        return Finding.undecided("no call was made after refusals")
    for call in after:
        before = [one for one in refused if one.ended_s <= call.started_s]
        statuses = [one.status for one in evidence.attempts_of(before)]
        if not statuses:
            return Finding.undecided("no refusal reached the consumer")
        if not evidence.attempts_of(call):
            return Finding.failed(
                f"after calls that the provider refused with {statuses[-1]} the next one was not "
                f"let through: they were counted, and only {_failing(evidence)} are declared to be",
                shown_by=call,
            )
    return Finding.passed(f"{len(refused)} refused calls did not open the breaker")


def _failing(evidence: Evidence) -> str:
    failures = evidence.policy.failures
    return ", ".join(map(str, failures.counted_statuses)) if failures else "no refusal"


@_declared
def _places(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    """Judge each batch of probes by the first call after it."""
    pairs = [
        (probe, after)
        for probed, later in _PROBES
        for probe, after in _first_after(evidence, probed, later)
    ]
    if not pairs:
        return Finding.undecided("no call was made after probes that ended")
    for probe, after in pairs:
        if not evidence.attempts_of(probe):
            return Finding.retryable_undecided("a probe did not reach the provider")
        if not evidence.attempts_of(after):
            ended = f"answered {probe.status}" if probe.status else probe.detail or "not answered"
            return Finding.failed(
                f"once the probes had ended ({probe.phase}, {ended}), a call "
                f"{after.started_s - probe.ended_s:.2f} s later did not reach the provider: "
                "their places were still taken, or the breaker was kept open",
                shown_by=after,
            )
    return Finding.passed(f"{len(pairs)} times the places of probes that had ended were free again")


_PROBES = (
    (phases.NEUTRAL_PROBE, phases.AFTER_NEUTRAL_PROBE),
    (phases.ILL_PROBE, phases.AFTER_ILL_PROBE),
)


def _first_after(
    evidence: Evidence, probed: ScenarioPhase, later: ScenarioPhase
) -> list[tuple[Call, Call]]:
    """For each call after probes, the last of these that had begun before."""
    found = []
    for after in evidence.calls_in(later):
        before = [one for one in evidence.calls_in(probed) if one.ended_s <= after.started_s]
        if before:
            found.append((max(before, key=lambda one: one.started_s), after))
    return found


@_declared
def _shared(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    if (evidence.policy.calls_to_open or 0) < 2:
        return Finding.skipped("one failed call opens the breaker as declared")
    after = evidence.calls_in(phases.SHARED_AFTER)
    callers = evidence.calls_in(phases.FAILED_STAMPEDE)
    if not after or len(callers) < breaker.failures_to_open:
        return Finding.undecided("not enough callers shared a failure")
    if not evidence.attempts_of(after[0]):
        return Finding.failed(
            f"after one request that failed for {len(callers)} callers the next call was not let "
            f"through: it counted more than once, and {breaker.threshold} open the breaker",
            shown_by=after[0],
        )
    return Finding.passed(f"a failure that {len(callers)} callers shared was counted once")


REFUSAL_IS_NO_FAILURE = wire_check(
    "refusal-is-no-failure",
    "That the provider refuses a request (400, 401, 403, 409) does not open the breaker.",
    _refusals,
    needs=[phases.REFUSED_OFTEN, phases.AFTER_REFUSALS],
    tests=["failures.status"],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[
        visible(phases.AFTER_REFUSALS),
        soon(phases.AFTER_REFUSALS, phases.REFUSED_OFTEN),
    ],
)
PROBES_LEAVE_THEIR_PLACES = wire_check(
    "probes-leave-their-places",
    "A probe's place is free again however it ended, and no answer but a failure keeps it open.",
    _places,
    needs=[
        any_of(phases.NEUTRAL_PROBE, phases.ILL_PROBE),
        any_of(phases.AFTER_NEUTRAL_PROBE, phases.AFTER_ILL_PROBE),
    ],
    tests=["breaker.probes"],
    depends_on=[OPENS_AT_THRESHOLD],
)
SHARED_FAILURE_COUNTS_ONCE = wire_check(
    "shared-failure-counts-once",
    "A request that fails for many callers is one failure to the breaker.",
    _shared,
    needs=[phases.FAILED_STAMPEDE, phases.SHARED_AFTER],
    tests=["breaker.failures"],
    depends_on=[WAITERS_SHARE_FAILURE, OPENS_AT_THRESHOLD],
    premises=[
        visible(phases.SHARED_AFTER),
        soon(phases.SHARED_AFTER, phases.FAILED_STAMPEDE),
    ],
)
