"""What stays the same on the way: the key, the trace id, the entity."""

from dataclasses import replace

import pytest

from seatrial.checks import (
    HIDES_LOST_ANSWERS,
    RIGHT_ENTITY,
    SAME_KEY_ON_EVERY_ATTEMPT,
    TRACE_ON_EVERY_ATTEMPT,
    Outcome,
    WireCheck,
)
from seatrial.checks.phases import AFTER, LOST, MIXED, MIXED_AGAIN, RETRIED
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import POLICY, PlantedEvidence, without


def retried(**tries: object) -> PlantedEvidence:
    """A call of two attempts."""
    return PlantedEvidence().call(RETRIED, 0.0, 0.1, 0.2, tries=dict(tries))


def shown(*entities: str) -> PlantedEvidence:
    """Callers at once who asked for e0, e1, … and were shown these."""
    planted = PlantedEvidence()
    for number, entity in enumerate(entities):
        planted.call(MIXED, 0.0, 0.1, entity=f"e{number}", shown=entity)
    return planted


@pytest.mark.parametrize("check", [SAME_KEY_ON_EVERY_ATTEMPT, TRACE_ON_EVERY_ATTEMPT])
def test_a_right_client_passes(check: WireCheck) -> None:
    assert check(retried().evidence()).verdict is Verdict.PASSED


@pytest.mark.parametrize("check", [SAME_KEY_ON_EVERY_ATTEMPT, TRACE_ON_EVERY_ATTEMPT])
def test_no_evidence_is_undecided_and_nothing_declared_skipped(check: WireCheck) -> None:
    assert check(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED
    assert check(retried().evidence(DeclaredPolicy())).verdict is Verdict.SKIPPED


def test_a_call_without_a_key_fails() -> None:
    found = SAME_KEY_ON_EVERY_ATTEMPT(retried(key=None).evidence())
    assert found.verdict is Verdict.FAILED
    assert "sent no Idempotency-Key" in found.explanation


def test_another_key_on_the_second_attempt_fails() -> None:
    evidence = retried().evidence()
    one, two = evidence.attempts
    changed = replace(evidence, attempts=(one, replace(two, key="new")))
    found = SAME_KEY_ON_EVERY_ATTEMPT(changed)
    assert found.verdict is Verdict.FAILED
    assert "sent another Idempotency-Key when they tried again" in found.explanation


def test_one_key_for_two_calls_fails() -> None:
    planted = retried(key="k").call(RETRIED, 1.0, 1.1, 1.2, tries={"key": "k"})
    found = SAME_KEY_ON_EVERY_ATTEMPT(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "shared one" in found.explanation


def test_a_key_that_was_never_needed_twice_is_undecided() -> None:
    planted = PlantedEvidence().call(RETRIED, 0.0, 0.1)
    assert SAME_KEY_ON_EVERY_ATTEMPT(planted.evidence()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("trace_id", [None, "another"])
def test_an_attempt_without_its_calls_trace_id_fails(trace_id: str | None) -> None:
    found = TRACE_ON_EVERY_ATTEMPT(retried(trace_id=trace_id).evidence())
    assert found.verdict is Verdict.FAILED
    assert "2 of 2 attempts" in found.explanation


def test_waiters_of_one_request_are_not_looked_for_on_the_wire() -> None:
    planted = PlantedEvidence().call(AFTER, 0.0, 0.1, entity="e").call(AFTER, 0.0, entity="e")
    planted.call(AFTER, 1.0, 1.1)
    assert TRACE_ON_EVERY_ATTEMPT(planted.evidence()).verdict is Verdict.PASSED


def lost(outcome: Outcome, *sent_s: float, policy: DeclaredPolicy = POLICY) -> Verdict:
    """A call whose first answer is lost, that was answered so after these attempts."""
    planted = PlantedEvidence().call(LOST, 0.0, *sent_s, outcome=outcome)
    return HIDES_LOST_ANSWERS(planted.evidence(policy)).verdict


def test_an_answer_that_is_lost_is_asked_for_again() -> None:
    assert lost("good", 0.1, 0.2) is Verdict.PASSED
    assert lost("failed", 0.1) is Verdict.FAILED
    assert lost("failed") is Verdict.UNDECIDED
    assert lost("failed", 0.1, policy=without("idempotency")) is Verdict.SKIPPED


def test_under_another_key_it_is_another_answer_that_is_lost() -> None:
    evidence = PlantedEvidence().call(LOST, 0.0, 0.1, 0.2, outcome="failed").evidence()
    one, two = evidence.attempts
    changed = replace(evidence, attempts=(one, replace(two, key="new")))
    assert HIDES_LOST_ANSWERS(changed).verdict is Verdict.UNDECIDED


def test_callers_at_once_who_each_see_their_own_pass() -> None:
    evidence = shown("e0", "e1", "e2").evidence(shows_entity=True)
    assert RIGHT_ENTITY(evidence).verdict is Verdict.PASSED


def test_a_caller_who_sees_another_entity_fails() -> None:
    found = RIGHT_ENTITY(shown("e0", "e2", "e2").evidence(shows_entity=True))
    assert found.verdict is Verdict.FAILED
    assert "who asked for e1 was shown e2" in found.explanation


def test_a_hit_that_shows_what_was_loaded_last_fails() -> None:
    planted = shown("e0", "e1").call(MIXED_AGAIN, 1.0, entity="e0", outcome="cached", shown="e1")
    found = RIGHT_ENTITY(planted.evidence(shows_entity=True))
    assert found.verdict is Verdict.FAILED
    assert "who asked for e0 was shown e1 (mixed-again)" in found.explanation


def test_an_answer_that_does_not_say_whom_it_is_about_shows_nothing() -> None:
    evidence = PlantedEvidence().call(MIXED, 0.0, 0.1).call(MIXED, 0.0, 0.1).evidence()
    assert RIGHT_ENTITY(evidence).verdict is Verdict.SKIPPED
    assert RIGHT_ENTITY(PlantedEvidence().evidence(shows_entity=True)).verdict is Verdict.UNDECIDED
