"""Late results, half-open and closed again: what they must not change."""

import pytest

from seatrial.checks import (
    LATE_FAILURE_COUNTS_NOTHING,
    LATE_FAILURE_REOPENS_NOTHING,
    LATE_SUCCESS_CLOSES_NOTHING,
    LATE_SUCCESS_RESETS_NOTHING,
    Outcome,
    WireCheck,
    outlasts_open_time,
)
from seatrial.checks.phases import (
    FAILED_AGAIN,
    FAILED_LAST,
    LAST,
    LATE,
    LATE_AFTER,
    PROBING,
    RECOVERING,
)
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import POLICY, PlantedEvidence, without

OUTLASTING = without("retry", attempt_timeout_s=1.5, deadline_s=None, retry_after_cap_s=None)


def late(outcome: Outcome, ended_s: float = 4.0) -> PlantedEvidence:
    """A call that is under way from before the breaker opens until then."""
    planted = PlantedEvidence().call(
        LATE, 0.4, 0.41, ended_s - 0.1, outcome=outcome, took_s=ended_s - 0.4
    )
    return planted.opened()


def half_open(outcome: Outcome, good: int, ended_s: float = 4.0) -> PlantedEvidence:
    """The same, with probes that succeed before it ends."""
    return late(outcome, ended_s).good(PROBING, good, 3.2)


def closed(outcome: Outcome, ended_s: float = 4.0) -> PlantedEvidence:
    """The same, with a breaker that closes, and failures, one too few."""
    planted = late(outcome, ended_s).good(RECOVERING, 3, 3.2)
    return planted.failing(FAILED_AGAIN, 4, 3.4)


def batch(planted: PlantedEvidence, reached: int) -> PlantedEvidence:
    """Calls at once after it, of which N get through."""
    return planted.good(LAST, reached, 4.1).silent(LAST, 8 - reached, 4.1).batch(LAST, 4.2)


def failed_last(planted: PlantedEvidence) -> PlantedEvidence:
    """The failure that opens it."""
    return planted.failing(FAILED_LAST, 1, 4.1)


RIGHT = {
    LATE_SUCCESS_CLOSES_NOTHING: batch(half_open("good", 2), 3),
    LATE_FAILURE_REOPENS_NOTHING: half_open("failed", 1).good(LATE_AFTER, 1, 4.1),
    LATE_SUCCESS_RESETS_NOTHING: failed_last(closed("good")).silent(LATE_AFTER, 2, 4.2),
    LATE_FAILURE_COUNTS_NOTHING: closed("failed").good(LATE_AFTER, 1, 4.1),
}
BROKEN = {
    LATE_SUCCESS_CLOSES_NOTHING: batch(half_open("good", 2), 8),
    LATE_FAILURE_REOPENS_NOTHING: half_open("failed", 1).silent(LATE_AFTER, 1, 4.1),
    LATE_SUCCESS_RESETS_NOTHING: failed_last(closed("good")).good(LATE_AFTER, 2, 4.2),
    LATE_FAILURE_COUNTS_NOTHING: closed("failed").silent(LATE_AFTER, 1, 4.1),
}
ids = pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.id)


@ids
def test_a_breaker_that_ignores_late_results_passes(check: WireCheck) -> None:
    found = check(RIGHT[check].evidence(OUTLASTING))
    assert found.verdict is Verdict.PASSED, found.explanation


@ids
def test_one_that_does_not_fails_and_says_why(check: WireCheck) -> None:
    found = check(BROKEN[check].evidence(OUTLASTING))
    assert found.verdict is Verdict.FAILED
    assert "late" in found.explanation


@pytest.mark.parametrize(
    ("check", "planted"),
    [
        (LATE_SUCCESS_CLOSES_NOTHING, batch(half_open("good", 2, ended_s=3.1), 8)),
        (LATE_SUCCESS_CLOSES_NOTHING, batch(half_open("failed", 2), 8)),
        (LATE_FAILURE_REOPENS_NOTHING, half_open("good", 1).silent(LATE_AFTER, 1, 4.1)),
        (LATE_SUCCESS_RESETS_NOTHING, failed_last(closed("failed")).good(LATE_AFTER, 2, 4.2)),
        (LATE_FAILURE_COUNTS_NOTHING, closed("failed", 3.3).silent(LATE_AFTER, 1, 4.1)),
        (LATE_FAILURE_COUNTS_NOTHING, closed("failed").good(LATE_AFTER, 1, 9.0)),
    ],
)
def test_a_result_at_another_time_or_another_one_shows_nothing(
    check: WireCheck, planted: PlantedEvidence
) -> None:
    found = check(planted.evidence(OUTLASTING))
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


@ids
def test_where_no_call_lasts_that_long_it_is_skipped(check: WireCheck) -> None:
    short = without("retry", attempt_timeout_s=0.2)
    assert check(BROKEN[check].evidence(short)).verdict is Verdict.SKIPPED


def test_a_call_outlasts_the_open_time_where_it_is_declared_to_last_long_enough() -> None:
    assert outlasts_open_time(OUTLASTING)
    assert not outlasts_open_time(DeclaredPolicy())
    assert POLICY.breaker is not None
    inside = POLICY.breaker.model_copy(update={"order": "inside-retry"})
    assert not outlasts_open_time(OUTLASTING.model_copy(update={"breaker": inside}))


def test_nothing_of_it_is_nothing_to_judge() -> None:
    for check in RIGHT:
        assert check(late("good").evidence(OUTLASTING)).verdict is Verdict.UNDECIDED
