"""What the consumer answers, and must not."""

from collections.abc import Callable, Sequence

from seatrial.checks import phases
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Call, Evidence, Outcome
from seatrial.checks.finding import Finding
from seatrial.checks.phases import ScenarioPhase, any_of
from seatrial.config import DeclaredFailures

_NOT_FOUND = 404


def as_declared(evidence: Evidence, calls: Sequence[Call], when: str) -> Finding:
    """Whether the answers are those that the edge declares for a provider that is down."""
    if not calls:
        return Finding.undecided(f"no call was made {when}")
    return _all_answered(calls, evidence.down_outcome, when)


def _all_answered(calls: Sequence[Call], declared: Outcome, which: str) -> Finding:
    """Whether each of these calls has the declared outcome."""
    wrong = [call for call in calls if call.outcome != declared]
    if wrong:
        said = wrong[0].status if wrong[0].status is not None else "nothing"
        return Finding.failed(
            f"{len(wrong)} of {len(calls)} calls {which} were not answered as declared: "
            f"the consumer said {said}",
            shown_by=wrong[0],
        )
    return Finding.passed(f"all {len(calls)} calls {which} were answered as declared")


def _while_away(evidence: Evidence) -> Finding:
    calls = evidence.calls_in(phases.FAILING, phases.HUNG, phases.DRIPPING)
    return as_declared(evidence, calls, "while the provider was down")


def _missing(evidence: Evidence) -> Finding:
    if "missing" not in evidence.answers:
        return Finding.skipped("no answer about what is missing is declared, or it looks as others")
    calls = [
        call
        for call in evidence.calls_in(phases.UNKNOWN, phases.MISSING)
        if (attempts := evidence.attempts_of(call)) and attempts[-1].status == _NOT_FOUND
    ]
    if not calls:
        return Finding.undecided("no call was answered 404 by the provider")
    return _all_answered(calls, "missing", "about what doesn't exist")


def _never_good(phase: ScenarioPhase, what: str) -> Callable[[Evidence], Finding]:
    """Judge that nobody is given a bad answer as if it were a good one."""

    @where_declared("failure for bad answers", _bad_answers)
    def judge(evidence: Evidence, _: DeclaredFailures) -> Finding:
        asked = evidence.calls_in(phase)
        calls = [call for call in asked if _met(evidence, call)]
        passed_on = [call for call in calls if call.outcome in SHOWN]
        if passed_on:
            return Finding.failed(
                f"{len(passed_on)} of {len(calls)} callers were given {what} as a good answer "
                f"({', '.join(sorted({_fault(evidence, call) for call in passed_on}))})",
                shown_by=passed_on[0],
            )
        if len(calls) < len(asked) or not calls:
            return Finding.undecided(
                f"only {len(calls)} of {len(asked)} calls were answered with {what}; the others "
                "sent nothing, or were given something else"
            )
        return Finding.passed(f"none of {len(calls)} callers was given {what} as a good answer")

    return judge


def _met(evidence: Evidence, call: Call) -> bool:
    """Return True if each of the call's attempts was answered with what it was to be."""
    attempts = evidence.attempts_of(call)
    return bool(attempts) and all(one.fault is not None for one in attempts)


def _fault(evidence: Evidence, call: Call) -> str:
    return evidence.attempts_of(call)[-1].fault or "nothing"


def _bad_answers(policy: object) -> DeclaredFailures | None:
    failures: DeclaredFailures | None = getattr(policy, "failures", None)
    return failures if failures and failures.bad_answers else None


def _recovered(evidence: Evidence) -> Finding:
    calls = evidence.calls_in(phases.RECOVERED)
    if not calls:
        return Finding.undecided("no call was made after all faults were removed")
    last = calls[-1]
    if last.outcome not in SHOWN:
        return Finding.failed(
            f"after all faults were removed, the last of {len(calls)} calls was still answered "
            f"{last.status if last.status is not None else 'nothing'}",
            shown_by=last,
        )
    good = sum(call.outcome in SHOWN for call in calls)
    return Finding.passed(f"{good} of {len(calls)} calls after all faults were removed went well")


def _goes_on(evidence: Evidence) -> Finding:
    calls = evidence.calls_in(phases.DEPENDENCY_DOWN)
    if not calls:
        return Finding.undecided("no call was made while it was down")
    lost = [call for call in calls if call.outcome not in SHOWN]
    if lost:
        return Finding.failed(
            f"{len(lost)} of {len(calls)} callers were not served although the provider was "
            f"there: the consumer said {lost[0].status or 'nothing'}",
            shown_by=lost[0],
        )
    return Finding.passed(f"all {len(calls)} callers were served while it was down")


GOES_ON = wire_check(
    "goes-on",
    "While only something is down that no answer needs, callers are served all the same.",
    _goes_on,
    needs=[phases.DEPENDENCY_DOWN],
)
ANSWERS_AS_DECLARED_WHILE_DOWN = wire_check(
    "answers-as-declared-while-down",
    "While the provider is down the consumer answers as it declares.",
    _while_away,
    needs=[any_of(phases.FAILING, phases.HUNG, phases.DRIPPING)],
)
MISSING_AS_DECLARED = wire_check(
    "missing-as-declared",
    "What the provider says doesn't exist (404) is answered as the edge declares it in `missing`.",
    _missing,
    needs=[any_of(phases.UNKNOWN, phases.MISSING)],
)
GARBAGE_IS_NEVER_GOOD = wire_check(
    "garbage-is-never-good",
    "What is no whole JSON is never passed on as a good answer, although its status is 200.",
    _never_good(phases.GARBAGE, "garbage"),
    needs=[phases.GARBAGE],
    tests=["failures.bad_answers"],
)
BROKEN_SCHEMA_IS_NEVER_GOOD = wire_check(
    "broken-schema-is-never-good",
    "JSON that lacks what the schema requires is never passed on as a good answer.",
    _never_good(phases.BROKEN_SCHEMA, "another schema"),
    needs=[phases.BROKEN_SCHEMA],
    tests=["failures.bad_answers"],
    depends_on=[GARBAGE_IS_NEVER_GOOD],
)
RECOVERS = wire_check(
    "recovers",
    "Once all faults are removed the consumer works again, however it was interrupted.",
    _recovered,
    needs=[phases.RECOVERED],
)
