"""The promises about time: how long an attempt, a call, and an answer may take."""

from collections.abc import Callable
from dataclasses import replace

from seatrial.checks import phases
from seatrial.checks.breaker import OPENS_AT_THRESHOLD
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Attempt, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase, any_of
from seatrial.checks.premises import answered_slowly, visible
from seatrial.checks.tolerance import tolerance_s, with_slack
from seatrial.config import DeclaredBreaker, DeclaredPolicy
from seatrial.results import Verdict

_EARLY = 0.9
"""Of its time, an attempt that was given up sooner was given up early, whatever the noise."""


def _try_timeout_s(policy: DeclaredPolicy) -> float | None:
    return policy.retry.attempt_timeout_s if policy.retry else None


def _deadline_s(policy: DeclaredPolicy) -> float | None:
    return policy.retry.deadline_s if policy.retry else None


def _counts_calls(policy: DeclaredPolicy) -> DeclaredBreaker | None:
    """Return the breaker where a call that a deadline ends is one failure to it."""
    breaker = policy.breaker
    if breaker is None or breaker.order != "around-retry" or not policy.counts("timeouts"):
        return None
    return breaker if _deadline_s(policy) is not None else None


def _ended_in_time(what: str, *in_phases: ScenarioPhase) -> Callable[[Evidence], Finding]:
    """Each attempt of these phases, whose answer never ends, was given up in time."""

    @where_declared("timeout of an attempt", _try_timeout_s)
    def judge(evidence: Evidence, bound_s: float) -> Finding:
        attempts = evidence.sent_during(evidence.calls_in(*in_phases))
        if not attempts:
            return Finding.undecided(f"no attempt met {what}")
        late = [one for one in attempts if not _given_up_within(one, bound_s)]
        if late and all(_was_starved(evidence, one, bound_s) for one in late):
            return _starved(f"{len(late)} of {len(attempts)} attempts at {what} lasted too long")
        if late:
            return Finding.failed(
                f"{len(late)} of {len(attempts)} attempts at {what} were not given up within "
                f"{with_slack(bound_s)}: {_how_long(late[0])}",
                shown_by=late[0],
            )
        worst_s = max((one.given_up_s or 0.0) - one.arrived_s for one in attempts)
        return Finding.passed(
            f"{len(attempts)} attempts at {what} were given up within {worst_s:.2f} s; "
            f"declared are {with_slack(bound_s)}"
        )

    return judge


def _given_up_within(attempt: Attempt, bound_s: float) -> bool:
    given_up_s = attempt.given_up_s
    return given_up_s is not None and given_up_s - attempt.arrived_s <= bound_s + tolerance_s(
        bound_s
    )


def _was_starved(evidence: Evidence, late: Attempt | Call, bound_s: float) -> bool:
    """Return True if something was over its bound for want of a processor, as far as that goes."""
    if isinstance(late, Call):
        began_s, ended_s = late.started_s, late.ended_s
    else:
        began_s, ended_s = late.arrived_s, late.given_up_s or late.ended_s or late.arrived_s
        if late.given_up_s is None:
            return False
    over_s = ended_s - began_s - bound_s - tolerance_s(bound_s)
    return over_s <= evidence.waited_s(began_s, ended_s)


def _starved(what: str) -> Finding:
    return Finding.retryable_undecided(
        f"{what}, but so long did the consumer wait for a processor: the machine was too busy"
    )


def _how_long(attempt: Attempt) -> str:
    if attempt.given_up_s is not None:
        return f"one lasted {attempt.given_up_s - attempt.arrived_s:.2f} s"
    if attempt.ended_s is not None:
        return f"one was still waited for after {attempt.ended_s - attempt.arrived_s:.2f} s"
    return "one was still waited for at the end"


@where_declared("timeout of an attempt", _try_timeout_s)
def _patient(evidence: Evidence, bound_s: float) -> Finding:
    calls = evidence.calls_in(phases.SLOW)
    attempts = evidence.sent_during(calls)
    if not attempts:
        return Finding.undecided("no call met a slow answer")
    given_up = [one for one in attempts if one.given_up_s is not None]
    early = [one for one in given_up if (one.given_up_s or 0) - one.arrived_s < _EARLY * bound_s]
    if early:
        after_s = (early[0].given_up_s or 0.0) - early[0].arrived_s
        return Finding.failed(
            f"{len(early)} of {len(attempts)} attempts were given up early, one after "
            f"{after_s:.2f} s of the declared {bound_s:g} s",
            shown_by=early[0],
        )
    lost = [call for call in calls if call.outcome != "good"]
    if given_up or lost:
        return Finding.retryable_undecided(
            "the machine was too busy for a slow answer to come in time"
        )
    return Finding.passed(f"{len(calls)} slow answers were waited for")


@where_declared("deadline of a call", _deadline_s)
def _deadline(evidence: Evidence, bound_s: float) -> Finding:
    calls = _long_calls(evidence)
    finding = _within(evidence, bound_s)
    if finding.verdict is Verdict.PASSED and not any(_cut(evidence, one, bound_s) for one in calls):
        worst_s = max(call.took_s for call in calls)
        return Finding.undecided(
            f"all attempts had ended by themselves after {worst_s:.2f} s, long before the deadline "
            f"of {bound_s:g} s: it cut no call short"
        )
    return finding


def _long_calls(evidence: Evidence) -> list[Call]:
    calls = evidence.calls_in(phases.HUNG, phases.DRIPPING, phases.OUTLASTING)
    return [call for call in calls if not call.cancelled]


def _cut(evidence: Evidence, call: Call, bound_s: float) -> bool:
    """Return True if a call ended because of its deadline: at it, or before a wait beyond it."""
    attempts, retry = evidence.attempts_of(call), evidence.policy.retry
    if not attempts or retry is None:
        return False
    if call.took_s >= _EARLY * bound_s:
        return True
    asked_s = evidence.facts.get("outlasting_s", 0.0) if call.phase == phases.OUTLASTING else 0.0
    next_s = max(asked_s, *retry.waits_s()[len(attempts) - 1 : len(attempts)], 0.0)
    ended_s = attempts[-1].ended_s or attempts[-1].answered_s or attempts[-1].arrived_s
    return len(attempts) < retry.attempts and ended_s + next_s >= call.started_s + bound_s


def _within(evidence: Evidence, bound_s: float) -> Finding:
    calls = _long_calls(evidence)
    if not calls:
        return Finding.undecided("no call met a provider that hangs")
    worst = max(calls, key=lambda call: call.took_s)
    late = [call for call in calls if call.took_s > bound_s + tolerance_s(bound_s)]
    if late and all(_was_starved(evidence, call, bound_s) for call in late):
        return _starved(f"a call to a provider that hangs {worst.ending}")
    if late:
        return Finding.failed(
            f"a call to a provider that hangs {worst.ending}; "
            f"its deadline is declared as {with_slack(bound_s)}",
            shown_by=worst,
        )
    uncut = [each for call in calls for each in _uncut(evidence, call, bound_s)]
    if uncut:
        if all(over_s <= evidence.waited_s(one.started_s, one.ended_s) for one, _, over_s in uncut):
            return _starved("an attempt lasted beyond the deadline of its call")
        call, one, _ = uncut[0]
        return Finding.failed(
            f"an attempt that was under way at the deadline of its call, {bound_s:g} s, was given "
            f"up only {(one.given_up_s or 0.0) - call.started_s:.2f} s after the call began",
            shown_by=one,
        )
    return Finding.passed(
        f"{len(calls)} calls to a provider that hangs ended within {worst.took_s:.2f} s; "
        f"the deadline is {with_slack(bound_s)}"
    )


def _uncut(evidence: Evidence, call: Call, bound_s: float) -> list[tuple[Call, Attempt, float]]:
    """Return the attempts that outlasted the deadline of their call, and by how much too long.

    Their own time is shorter than a call's, and so is the noise in it. What goes on after the call
    was answered nobody waits for.
    """
    slack_s = tolerance_s(min(bound_s, _try_timeout_s(evidence.policy) or bound_s))
    until_s = call.started_s + bound_s + slack_s
    return [
        (call, one, one.given_up_s - until_s)
        for one in evidence.attempts_of(call)
        if one.given_up_s is not None and min(one.given_up_s, call.ended_s) > until_s
    ]


@where_declared("deadline of a call", _deadline_s)
def _begins_no_wait(evidence: Evidence, bound_s: float) -> Finding:
    """No attempt is under way at the deadline, so that what is late was slept, or begun too late.

    The slack is an attempt's: noise isn't more because a call may last long.
    """
    calls = evidence.calls_in(phases.ASKED_LATE, phases.NO_ROOM)
    seen = [call for call in calls if evidence.attempts_of(call)]
    if all(call.outcome in SHOWN for call in seen):
        return Finding.undecided("no call ended because a wait didn't fit its deadline")
    slack_s = tolerance_s(min(bound_s, _try_timeout_s(evidence.policy) or bound_s))
    late = [call for call in seen if call.took_s > bound_s + slack_s]
    busy = [
        call
        for call in late
        if call.took_s - evidence.waited_s(call.started_s, call.ended_s) <= bound_s + slack_s
    ]
    if late and len(busy) == len(late):
        return _starved(f"{len(late)} calls lasted beyond their deadline")
    if late:
        return Finding.failed(
            f"{len(late)} of {len(seen)} calls waited beyond their deadline of {bound_s:g} s (and "
            f"{slack_s:.2g} s of tolerance), one {late[0].ending}, although no attempt was under "
            "way then",
            shown_by=late[0],
        )
    return Finding.passed(f"{len(seen)} calls ended before a wait that didn't fit their deadline")


@where_declared("breaker around a retry with a deadline", _counts_calls)
def _counts_cut(evidence: Evidence, breaker: DeclaredBreaker) -> Finding:
    bound_s = _deadline_s(evidence.policy) or 0.0
    calls, after = evidence.calls_in(phases.CUT), evidence.calls_in(phases.AFTER_CUT)
    cut = [
        call
        for call in calls
        if call.took_s >= _EARLY * bound_s
        and call.outcome not in SHOWN
        and (attempts := evidence.attempts_of(call))
        and attempts[-1].given_up_s is not None
    ]
    if not after or not calls:
        return Finding.undecided("no call was made that its deadline was to cut")
    if len(cut) < len(calls):
        return Finding.retryable_undecided(
            f"only {len(cut)} of {len(calls)} calls were cut by their deadline"
        )
    open_until_s = min(call.ended_s for call in cut) + breaker.open_s
    soon = [call for call in after if call.started_s < open_until_s]
    if not soon:
        return Finding.retryable_undecided("no call was made within the declared open time")
    asked = [call for call in soon if evidence.attempts_of(call)]
    if asked:
        return Finding.failed(
            f"{len(cut)} calls that their deadline of {bound_s:g} s cut did not open the breaker: "
            f"{breaker.threshold} are declared to, and a timeout is a failure",
            shown_by=asked[0],
        )
    return Finding.passed(f"{len(cut)} calls that their deadline cut opened the breaker")


@where_declared("bound on the answer", lambda policy: policy.answers_within_s)
def _in_time(evidence: Evidence, bound_s: float) -> Finding:
    calls = [call for call in evidence.calls if not call.cancelled]
    if not calls:
        return Finding.undecided("no call was made")
    worst = max(calls, key=lambda call: call.took_s)
    late = [call for call in calls if call.took_s > bound_s + tolerance_s(bound_s)]
    if late and all(_was_starved(evidence, call, bound_s) for call in late):
        return _starved(f"{len(late)} of {len(calls)} answers came late")
    if late:
        return Finding.failed(
            f"{len(late)} of {len(calls)} answers came late, one call {worst.ending}; "
            f"declared are {with_slack(bound_s)}",
            shown_by=worst,
        )
    return Finding.passed(
        f"all {len(calls)} answers came within {worst.took_s:.2f} s; "
        f"declared are {with_slack(bound_s)}"
    )


ATTEMPT_TIMEOUT = wire_check(
    "attempt-timeout",
    "An attempt that gets no answer is given up, and aborted, after the declared time.",
    _ended_in_time("a provider that hangs", phases.HUNG),
    needs=[phases.HUNG],
    tests=["retry.attempt_timeout_s"],
)
ATTEMPT_TIMEOUT_COVERS_BODY = wire_check(
    "attempt-timeout-covers-body",
    "A body that drips does not outlive the time of its attempt.",
    _ended_in_time("a body that drips", phases.DRIPPING),
    needs=[phases.DRIPPING],
    tests=["retry.attempt_timeout_s"],
)
_ATTEMPTS_END = replace(
    ATTEMPT_TIMEOUT,
    judge=_ended_in_time("an answer that never ends", phases.HUNG, phases.DRIPPING),
    needs=(any_of(phases.HUNG, phases.DRIPPING),),
)
WAITS_FOR_SLOW_ANSWERS = wire_check(
    "waits-for-slow-answers",
    "An answer that comes within the declared time of an attempt is waited for.",
    _patient,
    needs=[phases.SLOW],
    tests=["retry.attempt_timeout_s"],
    premises=[answered_slowly(phases.SLOW)],
)
CALL_DEADLINE = wire_check(
    "call-deadline",
    "A call ends by its declared deadline, however many attempts are left.",
    _deadline,
    needs=[any_of(phases.HUNG, phases.DRIPPING, phases.OUTLASTING)],
    reads=[phases.HUNG, phases.DRIPPING, phases.OUTLASTING],
    tests=["retry.deadline_s"],
    depends_on=[_ATTEMPTS_END],
)
BEGINS_NO_WAIT_BEYOND_DEADLINE = wire_check(
    "begins-no-wait-beyond-deadline",
    "A call ends at once when the next wait would outlast its deadline.",
    _begins_no_wait,
    needs=[phases.ASKED_LATE, phases.NO_ROOM],
    tests=["retry.deadline_s"],
)
COUNTS_CUT_CALLS = wire_check(
    "counts-cut-calls",
    "A call whose last attempt is cut by the call's own deadline is a failure to the breaker.",
    _counts_cut,
    needs=[phases.CUT, phases.AFTER_CUT],
    tests=["retry.deadline_s", "failures.counted.timeouts"],
    depends_on=[OPENS_AT_THRESHOLD],
    premises=[visible(phases.AFTER_CUT)],
)
ANSWERS_IN_TIME = wire_check(
    "answers-in-time",
    "The consumer answers within the declared bound, whatever its provider does.",
    _in_time,
    tests=["answers_within_s"],
)
_IN_DEADLINE = replace(
    CALL_DEADLINE, judge=where_declared("deadline of a call", _deadline_s)(_within)
)
HANGING_ANSWERS_IN_TIME = replace(ANSWERS_IN_TIME, depends_on=(_ATTEMPTS_END, _IN_DEADLINE))
