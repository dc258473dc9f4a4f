"""A declared limit of concurrent requests, judged by what a barrier held at once."""

from seatrial.checks import CAPS_CONCURRENCY
from seatrial.checks.phases import OVER_LIMIT
from seatrial.config import DeclaredConcurrency
from seatrial.results import Verdict
from tests.unit.checks.planted import POLICY, PlantedEvidence

LIMITED = POLICY.model_copy(update={"concurrency": DeclaredConcurrency(max_requests=3)})


def crowded(at_once: int, later: int) -> PlantedEvidence:
    """Calls whose requests come before the barrier opens, and others that come after."""
    planted = PlantedEvidence().good(OVER_LIMIT, at_once, 1.0).batch(OVER_LIMIT, 1.5, whole=False)
    for _ in range(later):
        planted.call(OVER_LIMIT, 1.0, 1.6)
    return planted


def test_as_many_as_declared_pass_and_more_fail() -> None:
    assert CAPS_CONCURRENCY(crowded(3, 5).evidence(LIMITED)).verdict is Verdict.PASSED
    found = CAPS_CONCURRENCY(crowded(4, 4).evidence(LIMITED))
    assert found.verdict is Verdict.FAILED
    assert "4 of 8 calls at once had a request at the provider" in found.explanation


def test_fewer_at_once_or_too_few_calls_show_nothing() -> None:
    found = CAPS_CONCURRENCY(crowded(2, 6).evidence(LIMITED))
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)
    assert CAPS_CONCURRENCY(crowded(3, 0).evidence(LIMITED)).verdict is Verdict.UNDECIDED


def test_a_request_that_was_given_up_made_room_for_another() -> None:
    planted = crowded(3, 5).call(OVER_LIMIT, 1.0, 1.002, tries={"given_up_s": 1.4})
    assert CAPS_CONCURRENCY(planted.evidence(LIMITED)).verdict is Verdict.PASSED


def test_more_than_are_called_at_once_are_declared_and_not_tested() -> None:
    policy = POLICY.model_copy(update={"concurrency": DeclaredConcurrency(max_requests=250)})
    found = CAPS_CONCURRENCY(crowded(250, 0).evidence(policy))
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, False)
    assert found.explanation.startswith("declared, not tested: 250 requests")


def test_without_a_limit_it_is_skipped() -> None:
    assert CAPS_CONCURRENCY(crowded(9, 0).evidence()).verdict is Verdict.SKIPPED
