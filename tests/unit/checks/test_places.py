"""What a breaker counts once or not at all, and the places of its probes."""

import pytest

from seatrial.checks import (
    PROBES_LEAVE_THEIR_PLACES,
    REFUSAL_IS_NO_FAILURE,
    SHARED_FAILURE_COUNTS_ONCE,
    WireCheck,
)
from seatrial.checks.phases import (
    AFTER_ILL_PROBE,
    AFTER_NEUTRAL_PROBE,
    AFTER_REFUSALS,
    FAILED_STAMPEDE,
    FAILING,
    ILL_PROBE,
    NEUTRAL_PROBE,
    OPEN,
    REFUSED_OFTEN,
    SHARED_AFTER,
    STAMPEDE,
)
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import PlantedEvidence, without


def refused() -> PlantedEvidence:
    """Calls that the provider refused, 401 at last; then a breaker that opens all the same."""
    planted = PlantedEvidence().opened()
    for at_s, status in enumerate((400, 401), start=-9):
        for _ in range(6):
            planted.call(REFUSED_OFTEN, at_s, at_s, outcome="other", tries={"status": status})
    return planted


def probed() -> PlantedEvidence:
    """Probes that ended neutrally, and others that failed."""
    planted = PlantedEvidence().opened()
    for at_s, phase in ((4, NEUTRAL_PROBE), (8, ILL_PROBE)):
        for _ in range(3):
            planted.call(phase, at_s, at_s, outcome="failed")
    return planted


def shared() -> PlantedEvidence:
    """Twenty callers who shared one load, and twenty who shared its failure."""
    planted = PlantedEvidence().call(STAMPEDE, -9, -9, entity="e").call(STAMPEDE, -9, entity="e")
    planted.call(FAILED_STAMPEDE, -5, -5, entity="f", outcome="failed", took_s=0.2)
    for _ in range(19):
        planted.call(FAILED_STAMPEDE, -5, entity="f", outcome="failed", took_s=0.2)
    return planted.opened()


RIGHT = {
    REFUSAL_IS_NO_FAILURE: refused().good(AFTER_REFUSALS, 1, -7),
    PROBES_LEAVE_THEIR_PLACES: (
        probed().good(AFTER_NEUTRAL_PROBE, 1, 4.1).good(AFTER_ILL_PROBE, 1, 11)
    ),
    SHARED_FAILURE_COUNTS_ONCE: shared().good(SHARED_AFTER, 1, -4),
}
BROKEN = {
    REFUSAL_IS_NO_FAILURE: (refused().silent(AFTER_REFUSALS, 1, -7), "refused with 401"),
    PROBES_LEAVE_THEIR_PLACES: (
        probed().silent(AFTER_NEUTRAL_PROBE, 1, 4.1).good(AFTER_ILL_PROBE, 1, 11),
        "(neutral-probe, answered 503)",
    ),
    SHARED_FAILURE_COUNTS_ONCE: (shared().silent(SHARED_AFTER, 1, -4), "counted more than once"),
}
ids = pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.id)


@ids
def test_a_right_breaker_passes(check: WireCheck) -> None:
    assert check(RIGHT[check].evidence()).verdict is Verdict.PASSED


@ids
def test_a_broken_one_fails_and_says_why(check: WireCheck) -> None:
    planted, said = BROKEN[check]
    found = check(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert said in found.explanation


@ids
def test_no_evidence_is_undecided_and_no_breaker_skipped(check: WireCheck) -> None:
    assert check(PlantedEvidence().opened().evidence()).verdict is Verdict.UNDECIDED
    assert check(RIGHT[check].evidence(DeclaredPolicy())).verdict is Verdict.SKIPPED


def test_a_place_that_a_hanging_probe_keeps_fails() -> None:
    planted = probed().good(AFTER_NEUTRAL_PROBE, 1, 4.1).silent(AFTER_ILL_PROBE, 1, 11)
    assert PROBES_LEAVE_THEIR_PLACES(planted.evidence()).verdict is Verdict.FAILED


def test_probes_that_an_open_breaker_refused_kept_no_places() -> None:
    planted = (
        PlantedEvidence().opened().silent(NEUTRAL_PROBE, 3, 4).silent(AFTER_NEUTRAL_PROBE, 1, 4.1)
    )
    assert PROBES_LEAVE_THEIR_PLACES(planted.evidence()).verdict is Verdict.UNDECIDED


def test_without_a_breaker_that_opens_a_refusal_shows_nothing() -> None:
    planted = PlantedEvidence().good(OPEN, 3, 1.0).good(AFTER_REFUSALS, 1, -7)
    for number in range(5):
        planted.call(FAILING, 0.5 + number / 10, 0.5 + number / 10, outcome="failed")
        planted.call(REFUSED_OFTEN, -9, -9, outcome="other", tries={"status": 400})
    assert REFUSAL_IS_NO_FAILURE(planted.evidence()).verdict is Verdict.UNDECIDED


def test_where_one_failure_opens_it_nothing_is_said_of_sharing() -> None:
    policy = without("breaker", failures=1)
    found = SHARED_FAILURE_COUNTS_ONCE(RIGHT[SHARED_FAILURE_COUNTS_ONCE].evidence(policy))
    assert found.verdict is Verdict.SKIPPED
