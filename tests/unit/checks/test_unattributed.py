"""What can't be tied to a call is never counted as absent; totals are judged without that."""

from seatrial.checks import (
    AMPLIFICATION_IS_BOUNDED,
    ATTEMPT_TIMEOUT,
    ATTEMPTS_PER_CALL,
    HIDES_LOST_ANSWERS,
    NEVER_REPEATS_UNSAFE,
    OPENS_AT_THRESHOLD,
    PROBES_AFTER_OPEN_TIME,
    phases,
)
from seatrial.results import Verdict
from tests.unit.checks.planted import OPEN_UNTIL_S, PlantedEvidence


def storm(requests: int) -> PlantedEvidence:
    """Twenty calls at once, of which no request can be tied to its call."""
    planted = PlantedEvidence()
    for _ in range(20):
        planted.call(phases.STORM, 0.0, outcome="failed", took_s=1.0)
    return planted.untied(requests, 0.5)


def test_a_storm_is_judged_by_its_total() -> None:
    found = AMPLIFICATION_IS_BOUNDED(storm(201).evidence())
    assert found.verdict is Verdict.FAILED
    assert "20 calls at once sent 201 requests" in found.explanation
    assert AMPLIFICATION_IS_BOUNDED(storm(60).evidence()).verdict is Verdict.PASSED


def test_attempts_that_cannot_be_tied_to_calls_are_not_counted() -> None:
    planted = PlantedEvidence().call(phases.RETRIED, 0.0, 0.1, took_s=1.0)
    found = ATTEMPTS_PER_CALL(planted.untied(2, 0.5).evidence())
    assert found.verdict is Verdict.UNDECIDED
    lost = PlantedEvidence().call(phases.LOST, 0.0, 0.1, took_s=1.0)
    found = HIDES_LOST_ANSWERS(lost.untied(2, 0.5, method="GET").evidence())
    assert "requests of 1 of 1 calls can't be tied to them: the edge's" in found.explanation


def test_silence_while_open_is_not_silence_where_a_request_cannot_be_tied() -> None:
    right = PlantedEvidence().opened()
    assert OPENS_AT_THRESHOLD(right.evidence()).verdict is Verdict.PASSED
    assert OPENS_AT_THRESHOLD(right.untied(1, 1.005).evidence()).verdict is Verdict.UNDECIDED


def test_a_probe_is_one_whatever_call_it_is_of() -> None:
    waiting = PlantedEvidence().opened().silent(phases.BURST, 20, OPEN_UNTIL_S + 0.1)
    assert PROBES_AFTER_OPEN_TIME(waiting.evidence()).verdict is Verdict.FAILED
    probed = waiting.untied(1, OPEN_UNTIL_S + 0.1)
    assert PROBES_AFTER_OPEN_TIME(probed.evidence()).verdict is Verdict.PASSED


def test_a_request_between_two_calls_belongs_to_the_one_before() -> None:
    planted = PlantedEvidence().call(phases.RETRIED, 0.0, 0.1, took_s=0.2).call(phases.AFTER, 9.0)
    assert ATTEMPTS_PER_CALL(planted.untied(1, 5.0).evidence()).verdict is Verdict.UNDECIDED


def test_hung_requests_show_their_timeout_whatever_call_they_are_of() -> None:
    planted = PlantedEvidence()
    for _ in range(2):
        planted.call(phases.HUNG, 0.0, outcome="failed", took_s=3.3)
    right = planted.untied(2, 0.1, given_up_s=1.1)
    assert ATTEMPT_TIMEOUT(right.evidence()).verdict is Verdict.PASSED
    wrong = planted.untied(1, 0.1, given_up_s=3.1)
    assert ATTEMPT_TIMEOUT(wrong.evidence()).verdict is Verdict.FAILED


def test_unsafe_requests_that_cannot_be_tied_are_undecided_and_not_taken_for_safe() -> None:
    assert NEVER_REPEATS_UNSAFE(storm(60).evidence()).verdict is Verdict.UNDECIDED


def test_a_journal_with_a_gap_shows_no_absence() -> None:
    found = OPENS_AT_THRESHOLD(PlantedEvidence().opened().evidence(journal_gap=3))
    assert found.verdict is Verdict.UNDECIDED
    assert "the tap's journal lacks 3 requests" in found.explanation
