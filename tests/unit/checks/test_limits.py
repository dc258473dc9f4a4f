"""The promises about time: lower bounds are strict, upper ones have a tolerance that is printed."""

from dataclasses import replace
from typing import Any

import pytest

from seatrial.checks import (
    ANSWERS_IN_TIME,
    ATTEMPT_TIMEOUT,
    ATTEMPT_TIMEOUT_COVERS_BODY,
    BEGINS_NO_WAIT_BEYOND_DEADLINE,
    CALL_DEADLINE,
    COUNTS_CUT_CALLS,
    HANGING_ANSWERS_IN_TIME,
    WAITS_FOR_SLOW_ANSWERS,
    Attempt,
    WireCheck,
)
from seatrial.checks.phases import (
    AFTER,
    AFTER_CUT,
    ASKED_LATE,
    CUT,
    DRIPPING,
    HUNG,
    NO_ROOM,
    OUTLASTING,
    SLOW,
    ScenarioPhase,
)
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import PlantedEvidence, without


def hung(
    phase: ScenarioPhase, given_up_after_s: float | None, took_s: float = 3.3
) -> PlantedEvidence:
    """A call whose attempts get no answer, each given up after a time or never."""
    planted = PlantedEvidence()
    for at_s in (0.0, 1.1, 2.3):
        tries: dict[str, Any] = {"answered_s": None, "status": None}
        if given_up_after_s is not None:
            tries["given_up_s"] = at_s + 0.01 + given_up_after_s
        planted.call(phase, at_s, at_s + 0.01, outcome="failed", took_s=took_s, tries=tries)
    return planted


def slow(given_up_after_s: float | None = None) -> PlantedEvidence:
    """A call whose answer takes half of an attempt's time."""
    if given_up_after_s is None:
        return PlantedEvidence().call(SLOW, 0.0, 0.01, took_s=0.6, tries={"answered_s": 0.51})
    tries = {"answered_s": None, "given_up_s": 0.01 + given_up_after_s}
    return PlantedEvidence().call(SLOW, 0.0, 0.01, outcome="failed", took_s=1.0, tries=tries)


RIGHT = {
    ATTEMPT_TIMEOUT: hung(HUNG, 1.0),
    ATTEMPT_TIMEOUT_COVERS_BODY: hung(HUNG, 1.0).call(
        DRIPPING, 5.0, 5.01, outcome="failed", took_s=1.0, tries={"given_up_s": 6.0}
    ),
    WAITS_FOR_SLOW_ANSWERS: slow(),
    CALL_DEADLINE: hung(HUNG, 1.0, took_s=3.9),
    ANSWERS_IN_TIME: PlantedEvidence().call(AFTER, 0.0, took_s=4.9),
}
BROKEN = {
    ATTEMPT_TIMEOUT: (hung(HUNG, 1.6), "one lasted 1.60 s"),
    ATTEMPT_TIMEOUT_COVERS_BODY: (
        hung(HUNG, 1.0).call(DRIPPING, 5.0, 5.01, outcome="failed", took_s=9.0),
        "1 of 1 attempts at a body that drips were not given up within 1 s (and 0.5 s of "
        "tolerance)",
    ),
    WAITS_FOR_SLOW_ANSWERS: (slow(0.3), "given up early, one after 0.30 s"),
    CALL_DEADLINE: (hung(HUNG, 1.0, took_s=5.1), "took 5.10 s"),
    ANSWERS_IN_TIME: (PlantedEvidence().call(AFTER, 0.0, took_s=5.7), "one call took 5.70 s"),
}
ids = pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.id)


@ids
def test_who_keeps_the_time_passes(check: WireCheck) -> None:
    evidence = RIGHT[check]
    if check is CALL_DEADLINE:
        evidence.call(DRIPPING, 5.0, 5.01, took_s=1.0, tries={"given_up_s": 6.0})
    assert check(evidence.evidence()).verdict is Verdict.PASSED


@ids
def test_who_does_not_fails_and_the_slack_is_said(check: WireCheck) -> None:
    planted, said = BROKEN[check]
    found = check.judge(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert said in found.explanation


@ids
def test_no_evidence_is_undecided(check: WireCheck) -> None:
    assert check(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED


@ids
def test_what_is_not_declared_is_skipped(check: WireCheck) -> None:
    assert check(BROKEN[check][0].evidence(DeclaredPolicy())).verdict is Verdict.SKIPPED


def test_an_attempt_that_is_never_given_up_fails() -> None:
    found = ATTEMPT_TIMEOUT(hung(HUNG, None).evidence())
    assert found.verdict is Verdict.FAILED
    assert "was still waited for" in found.explanation


def test_a_deadline_that_cut_no_call_short_is_undecided() -> None:
    """Three attempts of 1 s end after 3.3 s, whatever the deadline of 4 s."""
    found = CALL_DEADLINE(hung(HUNG, 1.0, took_s=3.3).evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "it cut no call short" in found.explanation


@pytest.mark.parametrize(
    ("given_up_s", "took_s", "verdict"),
    [
        (4.4, 4.4, Verdict.PASSED),
        (4.75, 4.75, Verdict.FAILED),
        (4.75, 4.1, Verdict.PASSED),  # it goes on, and nobody waits for it
    ],
)
def test_an_attempt_under_way_at_the_deadline_of_its_call_is_cut_by_it(
    given_up_s: float, took_s: float, verdict: Verdict
) -> None:
    planted = hung(HUNG, 1.0).call(OUTLASTING, 10.0, 10.7, outcome="failed", took_s=took_s)
    late = Attempt("late", 13.75, None, None, given_up_s=10.0 + given_up_s)
    evidence = planted.evidence(facts={"outlasting_s": 3.0})
    call = evidence.calls[-1]
    late = replace(late, entity=call.entity, trace_id=call.trace_id)
    found = CALL_DEADLINE(replace(evidence, attempts=(*evidence.attempts, late)))
    assert found.verdict is verdict, found.explanation


def test_a_call_that_ends_before_a_wait_beyond_its_deadline_was_cut_by_it() -> None:
    planted = hung(HUNG, 1.0).call(OUTLASTING, 9.0, 9.0, 12.0, outcome="failed", took_s=3.1)
    assert CALL_DEADLINE(planted.evidence(facts={"outlasting_s": 3.0})).verdict is Verdict.PASSED
    assert CALL_DEADLINE(planted.evidence(facts={})).verdict is Verdict.UNDECIDED


def test_our_own_patience_is_not_said_to_be_the_time_that_an_answer_took() -> None:
    planted = PlantedEvidence().call(AFTER, 0.0, took_s=10.0, outcome="other", status=0)
    (call,) = planted.evidence().calls
    evidence = replace(planted.evidence(), calls=(replace(call, status=None),))
    found = ANSWERS_IN_TIME(evidence)
    assert found.verdict is Verdict.FAILED
    assert "had no answer within 10.00 s, when its caller gave up" in found.explanation


def test_a_deadline_cannot_be_told_where_attempts_hang_for_ever() -> None:
    assert CALL_DEADLINE(hung(HUNG, None, took_s=30).evidence()).verdict is Verdict.UNDECIDED


def test_a_late_answer_because_of_a_missing_timeout_is_the_timeouts_fault() -> None:
    evidence = hung(HUNG, None, took_s=30).evidence()
    assert HANGING_ANSWERS_IN_TIME(evidence).verdict is Verdict.UNDECIDED
    assert ANSWERS_IN_TIME(evidence).verdict is Verdict.FAILED


def test_a_slow_answer_given_up_at_its_time_is_the_machines_doing() -> None:
    assert WAITS_FOR_SLOW_ANSWERS(slow(0.97).evidence()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(("waited_s", "verdict"), [(2.0, Verdict.UNDECIDED), (0.1, Verdict.FAILED)])
def test_an_answer_that_is_late_for_want_of_a_processor_shows_nothing(
    waited_s: float, verdict: Verdict
) -> None:
    planted = PlantedEvidence().call(AFTER, 1.0, 1.1, took_s=6.5)
    waits = ((1.0, 3.0), (7.5, 3.0 + waited_s))
    found = ANSWERS_IN_TIME(planted.evidence(cpu_waits=waits))
    assert (found.verdict, found.retryable) == (verdict, verdict is Verdict.UNDECIDED)


def test_answers_that_came_at_once_show_no_patience() -> None:
    planted = PlantedEvidence().call(SLOW, 0.0, 0.01, took_s=0.6, tries={"answered_s": 0.02})
    found = WAITS_FOR_SLOW_ANSWERS(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert found.explanation == "1 of 1 answers (slow) weren't slow"


def without_room(took_s: float, **seen: Any) -> PlantedEvidence:
    """A call that the provider asks for too long a wait, and another one that fails late."""
    planted = PlantedEvidence().call(ASKED_LATE, 0.0, 0.01, 0.8, outcome="failed", took_s=1.5)
    return planted.call(NO_ROOM, 5.0, 5.01, 8.8, outcome="failed", took_s=took_s, **seen)


def test_no_wait_is_begun_that_outlasts_the_deadline() -> None:
    right = without_room(3.81).evidence()
    assert BEGINS_NO_WAIT_BEYOND_DEADLINE(right).verdict is Verdict.PASSED
    found = BEGINS_NO_WAIT_BEYOND_DEADLINE(without_room(4.6).evidence())
    assert found.verdict is Verdict.FAILED
    assert "1 of 2 calls waited beyond their deadline of 4 s (and 0.5 s" in found.explanation


def test_a_busy_machine_or_calls_that_all_went_well_show_no_such_wait() -> None:
    busy = replace(without_room(4.6).evidence(), cpu_waits=((0.0, 0.0), (10.0, 1.0)))
    found = BEGINS_NO_WAIT_BEYOND_DEADLINE(busy)
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)
    good = PlantedEvidence().call(NO_ROOM, 0.0, 0.01, 3.9).evidence()
    assert BEGINS_NO_WAIT_BEYOND_DEADLINE(good).verdict is Verdict.UNDECIDED


def cut(*sent_s: float, took_s: float = 4.0, after_s: float = 24.1) -> PlantedEvidence:
    """As many calls as open the breaker, cut by their deadline, and one after them."""
    planted = PlantedEvidence().opened()
    tries = {"answered_s": None, "status": None, "given_up_s": 24.0}
    for _ in range(5):
        planted.call(CUT, 20.0, 23.8, outcome="failed", took_s=took_s, tries=tries)
    return planted.call(AFTER_CUT, after_s, *sent_s, outcome="good" if sent_s else "failed")


def test_calls_that_their_deadline_cut_open_the_breaker() -> None:
    assert COUNTS_CUT_CALLS(cut().evidence()).verdict is Verdict.PASSED
    found = COUNTS_CUT_CALLS(cut(24.1).evidence())
    assert found.verdict is Verdict.FAILED
    assert "5 calls that their deadline of 4 s cut did not open the breaker" in found.explanation


def test_other_calls_than_cut_ones_and_other_policies_are_not_judged() -> None:
    assert COUNTS_CUT_CALLS(cut(24.1, took_s=1.0).evidence()).verdict is Verdict.UNDECIDED
    late = COUNTS_CUT_CALLS(cut(26.5, after_s=26.5).evidence())
    assert (late.verdict, late.retryable) == (Verdict.UNDECIDED, True)
    inside = cut(24.1).evidence(without("breaker", order="inside-retry"))
    assert COUNTS_CUT_CALLS(inside).verdict is Verdict.SKIPPED
