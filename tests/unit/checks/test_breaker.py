"""The breaker's checks: passed on a right consumer's evidence, failed on planted defects."""

import pytest

from seatrial.checks import (
    ANSWERS_AS_DECLARED_WHILE_DOWN,
    ANSWERS_AS_DECLARED_WHILE_OPEN,
    CAPS_PROBES,
    CLOSES_AFTER_BURST,
    CLOSES_AFTER_SUCCESSES,
    OPENS_AT_THRESHOLD,
    PROBES_AFTER_OPEN_TIME,
    RETRY_AFTER_FITS,
    STAYS_CLOSED_BELOW_THRESHOLD,
    STAYS_OPEN_AS_DECLARED,
    WireCheck,
)
from seatrial.checks.phases import (
    BELOW,
    BURST,
    CLOSED,
    FAILING,
    LAST,
    NEARLY,
    OPEN,
    PROBING,
    STORM,
    WAITING,
)
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import OPEN_UNTIL_S, POLICY, PlantedEvidence, without

ALL = [
    STAYS_CLOSED_BELOW_THRESHOLD,
    OPENS_AT_THRESHOLD,
    ANSWERS_AS_DECLARED_WHILE_DOWN,
    ANSWERS_AS_DECLARED_WHILE_OPEN,
    STAYS_OPEN_AS_DECLARED,
    PROBES_AFTER_OPEN_TIME,
    CAPS_PROBES,
    CLOSES_AFTER_SUCCESSES,
]
RIGHT = PlantedEvidence().failing(NEARLY, 4, 0.1).good(BELOW, 1, 0.2).recovered()


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_a_right_breaker_passes(check: WireCheck) -> None:
    assert check(RIGHT.evidence()).verdict is Verdict.PASSED


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_no_evidence_is_undecided_never_passed(check: WireCheck) -> None:
    assert check(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    "check", [one for one in ALL if one is not ANSWERS_AS_DECLARED_WHILE_DOWN], ids=lambda c: c.id
)
def test_what_is_not_declared_is_skipped(check: WireCheck) -> None:
    assert check(RIGHT.evidence(DeclaredPolicy())).verdict is Verdict.SKIPPED


def test_opening_one_failure_early_fails() -> None:
    found = STAYS_CLOSED_BELOW_THRESHOLD(
        PlantedEvidence().failing(NEARLY, 4, 0.1).silent(BELOW, 1, 0.2).opened().evidence()
    )
    assert found.verdict is Verdict.FAILED
    assert "opened too early" in found.explanation


def test_a_breaker_that_never_opens_fails_with_the_count() -> None:
    found = OPENS_AT_THRESHOLD(PlantedEvidence().tripped().good(OPEN, 12, 1.0).evidence())
    assert found.verdict is Verdict.FAILED
    assert "asked 12 times while the breaker was declared open" in found.explanation


def test_a_request_after_the_earliest_end_of_the_open_time_is_no_proof() -> None:
    planted = PlantedEvidence().tripped().good(OPEN, 1, OPEN_UNTIL_S + 0.01)
    assert OPENS_AT_THRESHOLD(planted.evidence()).verdict is Verdict.UNDECIDED


def test_an_error_told_as_not_found_fails() -> None:
    planted = PlantedEvidence().call(FAILING, 0.5, outcome="other", status=404)
    found = ANSWERS_AS_DECLARED_WHILE_DOWN(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "404" in found.explanation


def test_another_answer_while_open_fails() -> None:
    planted = PlantedEvidence().tripped().call(OPEN, 1.0, outcome="other", status=500)
    assert ANSWERS_AS_DECLARED_WHILE_OPEN(planted.evidence()).verdict is Verdict.FAILED


def test_asking_before_the_open_time_is_over_fails() -> None:
    planted = PlantedEvidence().tripped().silent(OPEN, 3, 1.0).good(WAITING, 1, OPEN_UNTIL_S - 0.4)
    found = STAYS_OPEN_AS_DECLARED(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "0.40 s before" in found.explanation


def test_an_open_time_in_which_calls_came_too_late_was_not_seen() -> None:
    """As on a busy machine, of a breaker that was open for three tenths of its time."""
    planted = PlantedEvidence().opened().silent(WAITING, 2, 1.3).good(WAITING, 1, OPEN_UNTIL_S)
    found = STAYS_OPEN_AS_DECLARED(planted.evidence())
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)
    assert "1 of 3 calls" in found.explanation


def test_staying_open_for_ever_fails() -> None:
    planted = PlantedEvidence().opened().silent(BURST, 8, OPEN_UNTIL_S + 0.5)
    assert PROBES_AFTER_OPEN_TIME(planted.evidence()).verdict is Verdict.FAILED


def test_more_probes_than_declared_fail() -> None:
    found = CAPS_PROBES(PlantedEvidence().opened().good(BURST, 8, 3.3).batch(BURST, 3.4).evidence())
    assert found.verdict is Verdict.FAILED
    assert "8 of 8 calls at once" in found.explanation


def test_fewer_probes_than_declared_fail() -> None:
    planted = PlantedEvidence().opened().good(BURST, 1, 3.3).silent(BURST, 7, 3.3).batch(BURST, 3.4)
    assert CAPS_PROBES(planted.evidence()).verdict is Verdict.FAILED


def test_more_probes_are_undecided_where_not_all_callers_were_there_in_time() -> None:
    planted = PlantedEvidence().opened().good(BURST, 8, 3.3).batch(BURST, 3.4, whole=False)
    found = CAPS_PROBES(planted.evidence())
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


def test_fewer_probes_are_undecided_where_not_all_callers_were_there_in_time() -> None:
    planted = PlantedEvidence().opened().good(BURST, 1, 3.3).silent(BURST, 7, 3.3)
    planted.batch(BURST, 3.4, whole=False)
    assert CAPS_PROBES(planted.evidence()).verdict is Verdict.UNDECIDED


def test_callers_who_are_let_through_once_a_probe_succeeded_are_no_probes_at_once() -> None:
    planted = PlantedEvidence().opened().good(BURST, 3, 3.3).good(BURST, 5, 3.5).batch(BURST, 3.4)
    assert CAPS_PROBES(planted.evidence()).verdict is Verdict.PASSED


def test_a_probe_that_is_tried_again_is_one_probe() -> None:
    planted = PlantedEvidence().opened().call(BURST, 3.3, 3.31, 3.35)
    planted.good(BURST, 2, 3.3).silent(BURST, 5, 3.3).batch(BURST, 3.4)
    assert CAPS_PROBES(planted.evidence()).verdict is Verdict.PASSED


def half_open() -> PlantedEvidence:
    """A right breaker until it is half-open for the second time."""
    planted = PlantedEvidence().opened().failing(BURST, 3, 3.2).silent(BURST, 5, 3.2)
    return planted.batch(BURST, 3.3)


def test_staying_half_open_after_enough_successes_fails() -> None:
    planted = half_open().good(PROBING, 2, 5.5).good(LAST, 3, 5.6).silent(LAST, 5, 5.6)
    planted.good(CLOSED, 3, 5.8).silent(CLOSED, 5, 5.8)
    planted.batch(LAST, 5.7).batch(CLOSED, 5.9)
    found = CLOSES_AFTER_SUCCESSES(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "5 of 8 calls" in found.explanation


def test_closing_one_success_early_fails() -> None:
    planted = half_open().good(PROBING, 2, 5.5).good(LAST, 8, 5.6).good(CLOSED, 8, 5.8)
    planted.batch(LAST, 5.7).batch(CLOSED, 5.9)
    found = CLOSES_AFTER_SUCCESSES(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "after 2 of the 3 successes" in found.explanation


def test_closing_cannot_be_told_where_probes_are_not_capped() -> None:
    planted = PlantedEvidence().opened().failing(BURST, 8, 3.2).batch(BURST, 3.3)
    planted.good(PROBING, 2, 5.5).good(LAST, 8, 5.6).good(CLOSED, 8, 5.8)
    found = CLOSES_AFTER_SUCCESSES(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "depends on caps-probes, which is failed" in found.explanation


def test_what_follows_an_opening_that_never_happened_is_undecided() -> None:
    evidence = PlantedEvidence().tripped().good(OPEN, 12, 1.0).good(PROBING, 2, 3.2).evidence()
    for check in ALL[3:]:
        assert check(evidence).verdict is Verdict.UNDECIDED


def test_calls_at_once_trip_it_at_the_earliest_as_enough_had_been_made() -> None:
    planted = PlantedEvidence()
    for number in range(20):
        planted.call(STORM, 0.5 + number / 100, outcome="failed")
    evidence = planted.good(OPEN, 1, 2.55).evidence()
    assert OPENS_AT_THRESHOLD(evidence).verdict is Verdict.UNDECIDED
    evidence = planted.good(OPEN, 1, 2.5).evidence()
    assert OPENS_AT_THRESHOLD(evidence).verdict is Verdict.FAILED


def test_a_declared_degraded_answer_is_what_is_asked_for_while_away() -> None:
    planted = PlantedEvidence().call(FAILING, 0.5, outcome="degraded", status=200)
    answers = frozenset(("good", "failed", "degraded"))
    assert (
        ANSWERS_AS_DECLARED_WHILE_DOWN(planted.evidence(answers=answers)).verdict is Verdict.PASSED
    )
    assert ANSWERS_AS_DECLARED_WHILE_DOWN(planted.evidence()).verdict is Verdict.FAILED


def test_a_cap_that_is_not_declared_is_skipped() -> None:
    assert POLICY.breaker is not None
    breaker = POLICY.breaker.model_copy(update={"probes": None})
    assert CAPS_PROBES(RIGHT.evidence(DeclaredPolicy(breaker=breaker))).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (("2", "1"), Verdict.PASSED),
        ((None, None), Verdict.SKIPPED),
        (("2", None), Verdict.FAILED),
        (("18002", "2"), Verdict.FAILED),
        (("-1", "2"), Verdict.FAILED),
        (("soon", "2"), Verdict.FAILED),
        (("9" * 5_000, "2"), Verdict.FAILED),
    ],
)
def test_a_retry_after_while_open_is_a_number_of_seconds_that_fits(
    said: tuple[str | None, ...], verdict: Verdict
) -> None:
    planted = PlantedEvidence().tripped()
    for text in said:
        planted.call(OPEN, 1.0, outcome="failed", retry_after=text)
    assert RETRY_AFTER_FITS(planted.evidence()).verdict is verdict


def says_when() -> DeclaredPolicy:
    assert POLICY.breaker is not None
    return DeclaredPolicy(breaker=POLICY.breaker.model_copy(update={"retry_after": True}))


@pytest.mark.parametrize(("said", "verdict"), [("1", Verdict.PASSED), ("3", Verdict.FAILED)])
def test_a_refusal_late_in_the_open_time_says_what_is_left_of_it_where_that_is_declared(
    said: str, verdict: Verdict
) -> None:
    planted = PlantedEvidence().tripped().call(OPEN, 1.0, outcome="failed", retry_after="2")
    planted.call(WAITING, 2.7, outcome="failed", retry_after=said)
    found = RETRY_AFTER_FITS(planted.evidence(says_when()))
    assert found.verdict is verdict
    assert found.verdict is Verdict.PASSED or "at most 0.2 s were left" in found.explanation
    assert RETRY_AFTER_FITS(planted.evidence()).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("said", "verdict"), [("58", Verdict.PASSED), ("57", Verdict.FAILED), ("1", Verdict.FAILED)]
)
def test_a_refusal_that_asks_for_much_less_than_is_left_fails_where_that_is_declared(
    said: str, verdict: Verdict
) -> None:
    assert POLICY.breaker is not None
    long = POLICY.breaker.model_copy(update={"retry_after": True, "open_s": 60.0})
    planted = PlantedEvidence().tripped().call(OPEN, 1.0, outcome="failed", retry_after=said)
    found = RETRY_AFTER_FITS(planted.evidence(DeclaredPolicy(breaker=long)))
    assert found.verdict is verdict
    assert found.verdict is Verdict.PASSED or "at least 59.9 s were left" in found.explanation
    silent = DeclaredPolicy(breaker=long.model_copy(update={"retry_after": False}))
    assert RETRY_AFTER_FITS(planted.evidence(silent)).verdict is Verdict.PASSED


def burst(good: int, *, held_back: int = 0, whole: bool = True) -> PlantedEvidence:
    """Probes out of a batch, then a batch that a closed breaker lets through."""
    planted = PlantedEvidence().opened()
    for number in range(8):
        at_s = 3.0 + number / 1000
        sent = (at_s,) if number < 3 else ()
        planted.call(BURST, at_s, *sent, outcome="good" if number < good else "failed")
    planted.batch(BURST, 3.5).good(CLOSED, 8 - held_back, 4.0).silent(CLOSED, held_back, 4.0)
    return planted.batch(CLOSED, 4.5, whole=whole)


def test_it_closes_with_the_last_declared_success_and_no_later() -> None:
    assert CLOSES_AFTER_BURST(burst(3).evidence()).verdict is Verdict.PASSED
    found = CLOSES_AFTER_BURST(burst(3, held_back=5).evidence())
    assert found.verdict is Verdict.FAILED
    assert "after 3 successful probes of the 3 that close it, 5 of 8" in found.explanation


def test_fewer_successes_or_half_a_batch_show_nothing_of_its_closing() -> None:
    fewer = CLOSES_AFTER_BURST(burst(2, held_back=5).evidence())
    assert fewer.verdict is Verdict.UNDECIDED
    halved = CLOSES_AFTER_BURST(burst(3, held_back=5, whole=False).evidence())
    assert (halved.verdict, halved.retryable) == (Verdict.UNDECIDED, True)


def test_who_is_refused_after_a_probe_that_came_too_early_is_owed_no_time() -> None:
    planted = PlantedEvidence().tripped().call(OPEN, 1.0, outcome="failed", retry_after="2")
    planted.call(WAITING, 1.5, 1.5).call(WAITING, 1.6, outcome="failed")
    assert RETRY_AFTER_FITS(planted.evidence()).verdict is Verdict.PASSED


def test_a_retry_after_that_is_declared_may_not_be_missing() -> None:
    planted = PlantedEvidence().tripped()
    for _ in range(2):
        planted.call(OPEN, 1.0, outcome="failed")
    found = RETRY_AFTER_FITS(planted.evidence(says_when()))
    assert found.verdict is Verdict.FAILED
    assert "2 of 2 refusals" in found.explanation


def uncapped(*, opens: bool) -> PlantedEvidence:
    """A breaker that lets all calls through half-open; or a consumer without any."""
    planted = PlantedEvidence()
    if opens:
        planted.opened().silent(WAITING, 1, 2.0)
    else:
        planted.tripped().good(OPEN, 12, 1.0).good(WAITING, 1, 2.0)
    planted.failing(BURST, 8, 3.2).batch(BURST, 3.3).good(PROBING, 2, 5.5)
    planted.good(LAST, 8, 5.6).batch(LAST, 5.7)
    return planted.good(CLOSED, 8, 5.8).batch(CLOSED, 5.9)


def test_closing_cannot_be_seen_where_half_open_holds_nothing_back() -> None:
    found = CLOSES_AFTER_SUCCESSES(uncapped(opens=True).evidence(without("breaker", probes=None)))
    assert found.verdict is Verdict.UNDECIDED
    assert "none of 8 calls at once (last) was held back" in found.explanation


def test_a_breaker_that_never_opens_does_not_close() -> None:
    """Although the check in between, of the probes, isn't declared."""
    found = CLOSES_AFTER_SUCCESSES(uncapped(opens=False).evidence(without("breaker", probes=None)))
    assert found.verdict is Verdict.UNDECIDED
    assert "depends on opens-at-threshold, which is failed" in found.explanation


def test_a_call_that_came_after_the_open_time_was_a_probe() -> None:
    """It closed the breaker, so that all calls at once got through: no probe too many."""
    planted = PlantedEvidence().opened().silent(WAITING, 4, 2.5).good(WAITING, 1, 3.0)
    planted.good(BURST, 8, 3.2).batch(BURST, 3.3)
    for check in (PROBES_AFTER_OPEN_TIME, CAPS_PROBES, CLOSES_AFTER_SUCCESSES):
        found = check(planted.evidence())
        assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)
        assert "1 of 17 calls that were to be refused (waiting) were let through" in (
            found.explanation
        )
