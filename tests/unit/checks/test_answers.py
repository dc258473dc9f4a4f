"""What the consumer answers, and must not."""

from dataclasses import replace

import pytest

from seatrial.checks import (
    BROKEN_SCHEMA_IS_NEVER_GOOD,
    GARBAGE_IS_NEVER_GOOD,
    GOES_ON,
    MISSING_AS_DECLARED,
    RECOVERS,
    Outcome,
    WireCheck,
)
from seatrial.checks.phases import (
    BROKEN_SCHEMA,
    DEPENDENCY_DOWN,
    GARBAGE,
    RECOVERED,
    UNKNOWN,
    ScenarioPhase,
)
from seatrial.config import load_config
from seatrial.results import Verdict
from seatrial.testbed.answers import Reader
from tests.defects.run import HERE

from .planted import PlantedEvidence, without

MET = {"fault": "body"}
PHASES = {GARBAGE_IS_NEVER_GOOD: GARBAGE, BROKEN_SCHEMA_IS_NEVER_GOOD: BROKEN_SCHEMA}
both = pytest.mark.parametrize("check", PHASES, ids=lambda check: check.id)


def fed(phase: ScenarioPhase) -> PlantedEvidence:
    """Callers who were refused although the provider's status was good."""
    planted = PlantedEvidence()
    for number in range(2):
        planted.call(GARBAGE, number, number + 0.1, outcome="failed", tries=MET)
        planted.call(phase, number, number + 0.1, outcome="failed", tries=MET)
    return planted


@both
def test_refusing_it_passes(check: WireCheck) -> None:
    assert check(fed(PHASES[check]).evidence()).verdict is Verdict.PASSED


@both
def test_passing_it_on_fails(check: WireCheck) -> None:
    planted = fed(PHASES[check]).call(PHASES[check], 2.0, 2.1, tries=MET)
    found = check(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "1 of" in found.explanation


@both
def test_nothing_fed_is_undecided_and_not_declared_skipped(check: WireCheck) -> None:
    assert check(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED
    planted = PlantedEvidence().good(PHASES[check], 1, 2.0)
    assert check(planted.evidence(without("failures"))).verdict is Verdict.SKIPPED
    undeclared = without("failures", bad_answers=False)
    assert check(planted.evidence(undeclared)).verdict is Verdict.SKIPPED


@both
def test_garbage_that_some_caller_never_met_is_undecided(check: WireCheck) -> None:
    """An open breaker answers in its place: that shows nothing about garbage."""
    planted = fed(PHASES[check]).silent(PHASES[check], 1, 2.0)
    found = check(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "sent nothing" in found.explanation


def test_who_takes_garbage_is_not_told_of_schemas_too() -> None:
    planted = PlantedEvidence().call(GARBAGE, 0.0, 0.1, tries=MET)
    planted.call(BROKEN_SCHEMA, 1.0, 1.1, tries=MET)
    assert BROKEN_SCHEMA_IS_NEVER_GOOD(planted.evidence()).verdict is Verdict.UNDECIDED


def test_callers_who_are_not_served_although_the_provider_is_there_fail() -> None:
    assert GOES_ON(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED
    assert (
        GOES_ON(PlantedEvidence().good(DEPENDENCY_DOWN, 2, 0.0).evidence()).verdict
        is Verdict.PASSED
    )
    planted = PlantedEvidence().good(DEPENDENCY_DOWN, 2, 0.0).silent(DEPENDENCY_DOWN, 1, 1.0)
    assert GOES_ON(planted.evidence()).verdict is Verdict.FAILED


def test_the_last_call_after_healing_decides() -> None:
    planted = PlantedEvidence().failing(RECOVERED, 2, 0.0)
    assert RECOVERS(planted.evidence()).verdict is Verdict.FAILED
    assert RECOVERS(planted.good(RECOVERED, 1, 1.0).evidence()).verdict is Verdict.PASSED
    assert RECOVERS(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [("missing", Verdict.PASSED), ("failed", Verdict.FAILED), ("good", Verdict.FAILED)],
)
def test_what_is_missing_is_answered_as_declared(outcome: Outcome, verdict: Verdict) -> None:
    gone = {"status": 404}
    planted = PlantedEvidence().call(UNKNOWN, 0.0, 0.1, outcome=outcome, tries=gone)
    planted.silent(UNKNOWN, 1, 1.0)  # which says nothing of it
    found = planted.evidence()
    assert MISSING_AS_DECLARED(found).verdict is verdict
    unsaid = replace(found, answers=frozenset(("good", "failed")))
    assert MISSING_AS_DECLARED(unsaid).verdict is Verdict.SKIPPED


def test_without_a_404_nothing_is_known_of_what_is_missing() -> None:
    found = PlantedEvidence().silent(UNKNOWN, 1, 0.0).evidence()
    assert MISSING_AS_DECLARED(found).verdict is Verdict.UNDECIDED


def test_an_answer_for_what_is_missing_is_judged_where_it_is_said_and_looks_like_no_other() -> None:
    declared = load_config(HERE / "seatrial.toml").edges["things"]
    assert "missing" in Reader(declared).outcomes
    fields = declared.model_fields_set - {"missing"}
    unsaid = declared.model_copy()
    unsaid.__pydantic_fields_set__ = fields
    assert "missing" not in Reader(unsaid).outcomes
    as_failed = declared.model_copy(update={"missing": declared.failed})
    assert "missing" not in Reader(as_failed).outcomes
