"""What must not matter to a breaker, and what must: late results, cancellations, one bad probe."""

from dataclasses import replace

import pytest

from seatrial.checks import (
    CANCELLATION_IS_NO_FAILURE,
    LATE_FAILURE_EXTENDS_NOTHING,
    LATE_SUCCESS_CHANGES_NOTHING,
    MISSING_IS_NO_FAILURE,
    REOPENS_ON_FAILED_PROBE,
    SUCCESS_RESETS_COUNT,
    WireCheck,
)
from seatrial.checks.phases import (
    AFTER,
    CANCELLED,
    FAILED_PROBE,
    LATE,
    LATE_AFTER,
    NEARLY,
    OPEN,
    PROBING,
    REOPENED,
    RESETS,
    UNKNOWN,
)
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import OPEN_UNTIL_S, PlantedEvidence, without


def missing(count: int = 6) -> PlantedEvidence:
    """Calls that are answered that there is no such entity."""
    planted = PlantedEvidence()
    for _ in range(count):
        planted.call(UNKNOWN, 0.1, 0.102, outcome="missing")
    return planted


def cancelled(count: int = 6) -> PlantedEvidence:
    """Calls that their callers gave up."""
    planted = PlantedEvidence()
    for _ in range(count):
        planted.call(CANCELLED, 0.1, 0.102, outcome="other", cancelled=True)
    return planted


def late_success(answered_s: float = 1.5) -> PlantedEvidence:
    """A call from before that succeeds while the breaker is open."""
    tries = {"answered_s": answered_s, "ended_s": answered_s}
    return PlantedEvidence().call(LATE, 0.4, 0.41, took_s=answered_s - 0.4, tries=tries).opened()


def late_failure(ended_s: float = 2.0) -> PlantedEvidence:
    """A call from before that fails while the breaker is open."""
    tries = {"answered_s": None, "ended_s": ended_s}
    return PlantedEvidence().call(LATE, 0.4, 0.41, ended_s, outcome="failed", tries=tries).opened()


def failed_probe(successes: int = 1) -> PlantedEvidence:
    """A probe that failed after others that succeeded."""
    planted = PlantedEvidence().opened().good(PROBING, successes, 3.2)
    return planted.failing(FAILED_PROBE, 1, 3.3)


RIGHT = {
    SUCCESS_RESETS_COUNT: PlantedEvidence().failing(NEARLY, 4, 0.1).good(RESETS, 2, 0.2).opened(),
    MISSING_IS_NO_FAILURE: missing().good(AFTER, 1, 0.2).opened(),
    CANCELLATION_IS_NO_FAILURE: cancelled().good(AFTER, 1, 0.2).opened(),
    REOPENS_ON_FAILED_PROBE: failed_probe().silent(REOPENED, 5, 3.4),
    LATE_SUCCESS_CHANGES_NOTHING: late_success().silent(LATE_AFTER, 5, 1.6),
    LATE_FAILURE_EXTENDS_NOTHING: late_failure().good(PROBING, 1, OPEN_UNTIL_S + 0.2),
}
BROKEN = {
    SUCCESS_RESETS_COUNT: (
        PlantedEvidence().failing(NEARLY, 4, 0.1).silent(RESETS, 2, 0.2).opened(),
        "although a success came between",
    ),
    MISSING_IS_NO_FAILURE: (missing().silent(AFTER, 1, 0.2).opened(), "counted as failures"),
    CANCELLATION_IS_NO_FAILURE: (cancelled().silent(AFTER, 1, 0.2).opened(), "counted as failures"),
    REOPENS_ON_FAILED_PROBE: (
        failed_probe().good(REOPENED, 5, 3.4),
        "5 more requests reached",
    ),
    LATE_SUCCESS_CHANGES_NOTHING: (
        late_success().good(LATE_AFTER, 5, 1.6),
        "the late success closed the breaker",
    ),
    LATE_FAILURE_EXTENDS_NOTHING: (
        late_failure().silent(PROBING, 1, OPEN_UNTIL_S + 0.2),
        "had extended it",
    ),
}
TOO_LITTLE = {
    SUCCESS_RESETS_COUNT: PlantedEvidence().failing(NEARLY, 4, 0.1),
    MISSING_IS_NO_FAILURE: missing(4).good(AFTER, 1, 2.0),
    CANCELLATION_IS_NO_FAILURE: cancelled(4).good(AFTER, 1, 2.0),
    REOPENS_ON_FAILED_PROBE: PlantedEvidence().opened().silent(FAILED_PROBE, 1, 3.3),
    # Answered before the breaker was seen to be open.
    LATE_SUCCESS_CHANGES_NOTHING: late_success(0.9).good(LATE_AFTER, 5, 1.6),
    # So long before that even a prolonged open time would be over.
    LATE_FAILURE_EXTENDS_NOTHING: late_failure(1.05).silent(PROBING, 1, 3.2),
}
ids = pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.id)


def test_a_breaker_that_counts_404_may_open_before_all_callers_came() -> None:
    planted = missing(3).silent(UNKNOWN, 3, 0.2).silent(AFTER, 1, 0.3).opened()
    finding = MISSING_IS_NO_FAILURE(planted.evidence())
    assert finding.verdict is Verdict.FAILED
    assert "3 were not let through, after the provider had answered 3" in finding.explanation


@ids
def test_a_right_breaker_passes(check: WireCheck) -> None:
    assert check(RIGHT[check].evidence()).verdict is Verdict.PASSED


@ids
def test_a_broken_breaker_fails_and_says_why(check: WireCheck) -> None:
    planted, said = BROKEN[check]
    found = check(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert said in found.explanation


@ids
def test_too_little_evidence_is_undecided(check: WireCheck) -> None:
    assert check(TOO_LITTLE[check].evidence()).verdict is Verdict.UNDECIDED
    assert check(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED


@ids
def test_without_a_declared_breaker_it_is_skipped(check: WireCheck) -> None:
    assert check(BROKEN[check][0].evidence(DeclaredPolicy())).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    "planted", [RIGHT, {check: broken for check, (broken, _) in BROKEN.items()}], ids=("r", "b")
)
@ids
def test_a_breaker_that_never_opens_leaves_it_undecided(
    planted: dict[WireCheck, PlantedEvidence], check: WireCheck
) -> None:
    evidence = planted[check].evidence()
    asked = PlantedEvidence().good(OPEN, 3, 1.2).evidence()
    seen = replace(
        evidence, calls=(*evidence.calls, *asked.calls), attempts=evidence.attempts + asked.attempts
    )
    assert check(seen).verdict is Verdict.UNDECIDED


def test_where_one_failure_opens_a_success_between_failures_shows_nothing() -> None:
    planted = PlantedEvidence().silent(RESETS, 2, 0.5)
    policy = without("breaker", failures=1)
    assert SUCCESS_RESETS_COUNT(planted.evidence(policy)).verdict is Verdict.UNDECIDED


def test_a_request_after_the_open_time_is_no_sign_of_a_late_success() -> None:
    planted = late_success().good(LATE_AFTER, 1, OPEN_UNTIL_S + 0.1)
    assert LATE_SUCCESS_CHANGES_NOTHING(planted.evidence()).verdict is Verdict.UNDECIDED
