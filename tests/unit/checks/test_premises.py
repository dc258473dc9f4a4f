"""What must have been seen for a claim to mean something: without it a check is undecided."""

from dataclasses import replace

import pytest

from seatrial.checks import (
    ATTEMPTS_PER_CALL,
    CAPS_PROBES,
    CHECKS,
    FAILURES_ARE_NOT_CACHED,
    HIT_SENDS_NOTHING,
    NEVER_REPEATS_UNSAFE,
    OPENS_AT_THRESHOLD,
    RECOVERS,
    RIGHT_ENTITY,
    SINGLE_FLIGHT,
    STAYS_CLOSED_BELOW_THRESHOLD,
    STAYS_OPEN_AS_DECLARED,
    SUCCESS_RESETS_COUNT,
    Fault,
    Outcome,
    WireCheck,
    phases,
)
from seatrial.checks.evidence import Unseen
from seatrial.checks.phases import (
    AGAIN,
    BELOW,
    BETWEEN,
    BURST,
    COLD,
    FAILING,
    MIXED,
    NEARLY,
    OPEN,
    RECOVERED,
    RESETS,
    RETRIED,
    STAMPEDE,
    WAITING,
    WARM,
    ScenarioPhase,
)
from seatrial.results import Verdict

from .planted import PlantedEvidence

ANSWERS_ALONE = (
    "answers-as-declared-while-down",
    "answers-in-time",
    "goes-on",
    "hides-short-failures",
    "recovers",
    "stale-as-declared",
)
DOWN = Fault("down", 0.0, 60.0, hides=True)
SLOW = Fault("latency", 0.0, 60.0)


def whole_run(*, good: bool) -> PlantedEvidence:
    """Calls in every phase that there is, answered well or refused, each with a request."""
    planted = PlantedEvidence()
    known = {one for one in vars(phases).values() if isinstance(one, ScenarioPhase)}
    for at_s, phase in enumerate(sorted(known, key=str)):
        outcome: Outcome = "good" if good else "failed"
        for _ in range(3):
            planted.call(phase, at_s, at_s, outcome=outcome, entity=f"{phase}", took_s=0.9)
        planted.batch(phase, at_s + 0.5)
    return planted


def nearly() -> PlantedEvidence:
    """A right breaker that stays closed, and then opens."""
    planted = PlantedEvidence().failing(NEARLY, 4, 0.1).good(BELOW, 1, 0.2).good(RESETS, 1, 0.2)
    return planted.opened()


SILENT = {
    OPENS_AT_THRESHOLD: PlantedEvidence().opened(),
    STAYS_OPEN_AS_DECLARED: PlantedEvidence().opened(),
    STAYS_CLOSED_BELOW_THRESHOLD: nearly(),
    SUCCESS_RESETS_COUNT: nearly(),
    HIT_SENDS_NOTHING: (
        PlantedEvidence().call(COLD, 0.0, 0.1, entity="e").call(WARM, 1.0, entity="e")
    ),
}


@pytest.mark.parametrize("check", SILENT, ids=lambda check: check.id)
def test_silence_shows_nothing_where_a_fault_kept_everything_from_the_tap(check: WireCheck) -> None:
    planted = SILENT[check]
    assert check(planted.evidence(faults=(SLOW,))).verdict is Verdict.PASSED
    found = check(planted.evidence(faults=(DOWN,)))
    assert found.verdict is Verdict.UNDECIDED
    assert "kept every request from the tap" in found.explanation


@pytest.mark.parametrize("check", SILENT, ids=lambda check: check.id)
def test_a_journal_with_a_gap_decides_nothing(check: WireCheck) -> None:
    found = check(SILENT[check].evidence(journal_gap=3))
    assert found.verdict is Verdict.UNDECIDED
    assert "journal lacks 3 requests" in found.explanation


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)
def test_every_check_that_reads_the_journal_is_undecided_on_a_gap(check: WireCheck) -> None:
    """So is what it found broken: the calls next to it may have sent what was dropped.

    Those that pass or fail here have read nothing but answers: reading a request raises.
    """
    verdicts = set()
    for planted in (whole_run(good=True), whole_run(good=False)):
        found = replace(check, depends_on=(), premises=())(planted.evidence(journal_gap=1))
        verdicts.add(found.verdict)
    decided = verdicts - {Verdict.UNDECIDED, Verdict.SKIPPED}
    assert bool(decided) == (check.id in ANSWERS_ALONE)


def test_nobody_reads_the_requests_of_a_journal_with_a_gap() -> None:
    planted = PlantedEvidence().good(BURST, 3, 0.0).batch(BURST, 1.0)
    evidence = planted.evidence(journal_gap=1).limited_to(frozenset((BURST,)), "any")
    calls = evidence.calls_in(BURST)
    for read in (
        lambda: list(evidence.attempts),
        lambda: [*evidence.unattributed],
        lambda: evidence.attempts_of(calls),
        lambda: evidence.known_attempts_of(calls),
        lambda: evidence.sent_during(calls),
        lambda: evidence.reached(BURST),
    ):
        with pytest.raises(Unseen, match="journal lacks 1 requests"):
            read()


def test_answers_alone_are_judged_whatever_the_journal_lacks() -> None:
    planted = PlantedEvidence().good(RECOVERED, 1, 0.0)
    assert RECOVERS(planted.evidence(journal_gap=3)).verdict is Verdict.PASSED


def test_failures_that_were_answered_well_do_not_show_that_it_opens() -> None:
    planted = PlantedEvidence().good(FAILING, 5, 0.5).silent(OPEN, 3, 1.0)
    assert OPENS_AT_THRESHOLD(planted.evidence()).verdict is Verdict.UNDECIDED


def test_a_breaker_that_opened_early_is_not_said_to_be_open_too_short() -> None:
    planted = PlantedEvidence().failing(FAILING, 3, 0.5).silent(FAILING, 2, 0.9)
    planted.silent(OPEN, 3, 1.0).good(WAITING, 1, 2.6)
    found = STAYS_OPEN_AS_DECLARED(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "sent nothing" in found.explanation


def test_a_first_lookup_that_was_not_seen_makes_silence_later_mean_nothing() -> None:
    planted = PlantedEvidence().call(COLD, 0.0, entity="e").call(WARM, 1.0, entity="e")
    assert HIT_SENDS_NOTHING(planted.evidence()).verdict is Verdict.UNDECIDED


def test_a_lookup_that_an_open_breaker_refused_is_not_a_kept_failure() -> None:
    refused = PlantedEvidence().silent(AGAIN, 1, 1.0).silent(BETWEEN, 1, 1.1)
    found = FAILURES_ARE_NOT_CACHED(refused.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "an open breaker looks like this" in found.explanation
    kept = PlantedEvidence().silent(AGAIN, 1, 1.0).good(BETWEEN, 1, 1.1)
    assert FAILURES_ARE_NOT_CACHED(kept.evidence()).verdict is Verdict.FAILED


def test_nothing_was_repeated_where_nothing_failed() -> None:
    planted = PlantedEvidence().call(RETRIED, 0.0, 0.1, tries={"method": "POST", "key": None})
    found = NEVER_REPEATS_UNSAFE(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "no attempt failed" in found.explanation


def test_probes_of_a_batch_that_was_not_whole_are_not_counted() -> None:
    planted = PlantedEvidence().opened().good(BURST, 8, 3.3).batch(BURST, 3.4, whole=False)
    found = CAPS_PROBES(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert found.retryable


def test_callers_who_came_after_the_answer_shared_no_request() -> None:
    planted = PlantedEvidence().call(STAMPEDE, 1.0, 1.1, entity="e")
    planted.call(STAMPEDE, 1.6, entity="e", outcome="cached").batch(STAMPEDE, 1.5)
    assert SINGLE_FLIGHT(planted.evidence()).verdict is Verdict.UNDECIDED


def test_where_answers_are_mixed_up_nothing_else_is_blamed() -> None:
    """A collision of keys: a new entity comes from memory, and so nobody asks for it."""
    planted = PlantedEvidence().call(COLD, 0.0, 0.1, entity="e", shown="e")
    planted.call(BELOW, 0.2, entity="f", outcome="cached", shown="e").opened()
    found = STAYS_CLOSED_BELOW_THRESHOLD(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "depends on right-entity" in found.explanation
    assert "who asked for f was shown e" in found.explanation


def test_a_collision_is_seen_where_answers_do_not_say_their_entity() -> None:
    planted = PlantedEvidence().call(MIXED, 0.0, 0.1, entity="e")
    planted.call(MIXED, 0.2, entity="f", outcome="cached")
    found = RIGHT_ENTITY(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "f came from memory when it was first asked for" in found.explanation


def test_what_a_call_asked_for_itself_is_not_another_ones() -> None:
    """An event that overtakes the answer is served in its place, as from memory."""
    planted = PlantedEvidence().call(COLD, 0.0, 0.1, entity="e", outcome="cached")
    assert planted.evidence().mixed_up is None


def test_why_the_tap_answered_itself_reaches_the_reader() -> None:
    why = "the provider's head can't be parsed: no colon"
    planted = PlantedEvidence().call(RETRIED, 0.0, 0.1, tries={"error": why, "status": 502})
    found = ATTEMPTS_PER_CALL(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert found.explanation.endswith(f"(the tap answered 1 requests itself: {why})")


@pytest.mark.parametrize(("at_s", "verdict"), [(1.5, Verdict.PASSED), (2.3, Verdict.UNDECIDED)])
def test_a_call_that_came_after_the_open_time_shows_no_closed_breaker(
    at_s: float, verdict: Verdict
) -> None:
    planted = PlantedEvidence().failing(NEARLY, 4, 0.1).good(BELOW, 1, at_s)
    found = STAYS_CLOSED_BELOW_THRESHOLD.judged(planted.evidence())
    assert found.verdict is verdict
    assert found.retryable is (verdict is Verdict.UNDECIDED)


def test_a_failure_that_was_not_let_through_shows_a_breaker_that_opened_early() -> None:
    planted = PlantedEvidence().failing(NEARLY, 3, 0.1).silent(NEARLY, 1, 0.2).good(BELOW, 1, 1.0)
    assert STAYS_CLOSED_BELOW_THRESHOLD.judged(planted.evidence()).verdict is Verdict.FAILED
