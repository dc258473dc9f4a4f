"""What is never tried again, and how often at most."""

from typing import Any

import pytest

from seatrial.checks import (
    AMPLIFICATION_IS_BOUNDED,
    ENDS_AT_LONG_RETRY_AFTER,
    FAILS_FAST_WHILE_OPEN,
    HONOURS_RETRY_AFTER,
    HONOURS_RETRY_AFTER_DATES,
    HONOURS_RETRY_AFTER_OF_503,
    MISSING_IS_NO_FAILURE,
    NEVER_REPEATS_UNSAFE,
    NEVER_RETRIES_REFUSALS,
    RETRIES_ARE_BUDGETED,
    WireCheck,
)
from seatrial.checks.phases import (
    ASKED,
    ASKED_BY_503,
    ASKED_BY_DATE,
    ASKED_TOO_LONG,
    BUDGETED,
    OPEN,
    REFUSED,
    RETRIED,
    STORM,
    UNKNOWN,
    ScenarioPhase,
)
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import PlantedEvidence, without

POST: dict[str, Any] = {"status": 503, "method": "POST"}
FACTS = {"retry_after_s": 1.0, "retry_after_date_s": 0.9}


def many(phase: ScenarioPhase, calls: int, attempts: int) -> PlantedEvidence:
    """Calls of several attempts each."""
    planted = PlantedEvidence()
    for number in range(calls):
        sent = [number / 100 + attempt / 10 for attempt in range(attempts)]
        planted.call(phase, number / 100, *sent, outcome="failed")
    return planted


def slowly_refused(took_s: float) -> PlantedEvidence:
    """Calls while the breaker is open that take so long."""
    planted = PlantedEvidence().tripped()
    for _ in range(9):
        planted.call(OPEN, 1.0, outcome="failed", took_s=took_s)
    return planted


def patient() -> PlantedEvidence:
    """A call that waited as it was asked to."""
    return PlantedEvidence().call(ASKED, 0.0, 0.1, 1.102)


def budgeted() -> PlantedEvidence:
    """Twenty calls whose attempts fail, and few of which are tried again."""
    planted = many(BUDGETED, 5, 3)
    for number in range(15):
        planted.call(BUDGETED, 0.1 + number / 100, 0.15 + number / 100, outcome="failed")
    return planted


RIGHT = {
    NEVER_RETRIES_REFUSALS: many(REFUSED, 3, 1),
    NEVER_REPEATS_UNSAFE: PlantedEvidence().call(RETRIED, 0.0, 0.1, 0.2, tries=POST),
    HONOURS_RETRY_AFTER: patient(),
    HONOURS_RETRY_AFTER_DATES: patient().call(ASKED_BY_DATE, 2.0, 2.1, 3.4),
    HONOURS_RETRY_AFTER_OF_503: patient().call(ASKED_BY_503, 2.0, 2.1, 3.2),
    ENDS_AT_LONG_RETRY_AFTER: patient().call(ASKED_TOO_LONG, 2.0, 2.1, outcome="failed"),
    RETRIES_ARE_BUDGETED: budgeted(),
    AMPLIFICATION_IS_BOUNDED: many(STORM, 20, 3),
    FAILS_FAST_WHILE_OPEN: slowly_refused(0.01),
}
BROKEN = {
    NEVER_RETRIES_REFUSALS: (many(REFUSED, 3, 3), "3 of 3 calls that the provider refused"),
    NEVER_REPEATS_UNSAFE: (
        PlantedEvidence().call(RETRIED, 0.0, 0.1, 0.2, tries={**POST, "key": None}),
        "repeated a POST that carried no idempotency key",
    ),
    HONOURS_RETRY_AFTER: (
        PlantedEvidence().call(ASKED, 0.0, 0.1, 1.09),
        "asked again after 0.99 s",
    ),
    HONOURS_RETRY_AFTER_DATES: (
        patient().call(ASKED_BY_DATE, 2.0, 2.1, 2.5),
        "asked to be left alone for 0.9 s",
    ),
    HONOURS_RETRY_AFTER_OF_503: (
        patient().call(ASKED_BY_503, 2.0, 2.1, 2.5),
        "asked to be left alone for 1 s",
    ),
    ENDS_AT_LONG_RETRY_AFTER: (
        patient().call(ASKED_TOO_LONG, 2.0, 2.1, 2.3, outcome="failed"),
        "was tried 2 times",
    ),
    RETRIES_ARE_BUDGETED: (many(BUDGETED, 20, 3), "sent 40 further attempts"),
    AMPLIFICATION_IS_BOUNDED: (many(STORM, 20, 4), "sent 80 requests"),
    FAILS_FAST_WHILE_OPEN: (slowly_refused(0.15), '"open" was tried again'),
}
ids = pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.id)


@ids
def test_a_right_client_passes(check: WireCheck) -> None:
    assert check(RIGHT[check].evidence(facts=FACTS)).verdict is Verdict.PASSED


@ids
def test_a_broken_one_fails_and_says_why(check: WireCheck) -> None:
    planted, said = BROKEN[check]
    found = check(planted.evidence(facts=FACTS))
    assert found.verdict is Verdict.FAILED
    assert said in found.explanation


@ids
def test_no_evidence_is_never_passed(check: WireCheck) -> None:
    assert check(PlantedEvidence().evidence()).verdict in (Verdict.UNDECIDED, Verdict.SKIPPED)


@ids
def test_what_is_not_declared_is_skipped(check: WireCheck) -> None:
    assert (
        check(BROKEN[check][0].evidence(DeclaredPolicy(), facts=FACTS)).verdict is Verdict.SKIPPED
    )


def test_not_trying_again_after_a_wait_that_fits_fails() -> None:
    evidence = PlantedEvidence().call(ASKED, 0.0, 0.1, outcome="failed").evidence(facts=FACTS)
    assert HONOURS_RETRY_AFTER(evidence).verdict is Verdict.FAILED


def test_ending_late_after_a_long_retry_after_fails() -> None:
    planted = patient().call(ASKED_TOO_LONG, 2.0, 2.1, outcome="failed", took_s=3.0)
    assert ENDS_AT_LONG_RETRY_AFTER(planted.evidence(facts=FACTS)).verdict is Verdict.FAILED


def test_who_does_not_wait_at_all_is_not_told_of_waiting_too_long() -> None:
    planted = PlantedEvidence().call(ASKED, 0.0, 0.1, 0.2).call(ASKED_TOO_LONG, 2.0, 2.1, 2.3)
    assert ENDS_AT_LONG_RETRY_AFTER(planted.evidence(facts=FACTS)).verdict is Verdict.UNDECIDED


def test_a_cap_under_a_second_is_never_asked_for() -> None:
    policy = without("retry", retry_after_cap_s=0.5)
    checks = (HONOURS_RETRY_AFTER, HONOURS_RETRY_AFTER_DATES, HONOURS_RETRY_AFTER_OF_503)
    for check in checks:
        assert check(PlantedEvidence().evidence(policy)).verdict is Verdict.SKIPPED


def test_what_is_asked_for_is_longer_than_the_callers_own_wait() -> None:
    policy = without("retry", backoff_s=1.0, cap_s=None, retry_after_cap_s=3.0)
    assert policy.retry is not None
    assert policy.retry.asked_s() == 2.0
    assert policy.retry.asked_by_date_s() == pytest.approx(1.4)


def test_a_budget_that_the_story_does_not_exceed_is_undecided() -> None:
    assert RETRIES_ARE_BUDGETED(many(BUDGETED, 3, 3).evidence()).verdict is Verdict.UNDECIDED


def test_requests_that_are_safe_to_repeat_need_no_key() -> None:
    planted = PlantedEvidence().call(RETRIED, 0.0, 0.1, 0.2, tries={"key": None})
    assert NEVER_REPEATS_UNSAFE(planted.evidence()).verdict is Verdict.SKIPPED


def test_waits_too_short_to_be_told_from_none_leave_it_undecided() -> None:
    policy = without("retry", backoff_s=0.01)
    found = FAILS_FAST_WHILE_OPEN(slowly_refused(0.15).evidence(policy))
    assert found.verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(("waited_s", "verdict"), [(0.12, Verdict.UNDECIDED), (0, Verdict.FAILED)])
def test_refusals_that_waited_for_a_processor_neither_fail_nor_pass(
    waited_s: float, verdict: Verdict
) -> None:
    waits = ((1.0, 0.0), (1.15, waited_s))
    found = FAILS_FAST_WHILE_OPEN(slowly_refused(0.15).evidence(cpu_waits=waits))
    assert (found.verdict, found.retryable) == (verdict, verdict is Verdict.UNDECIDED)


def test_a_long_wait_that_is_not_promised_to_end_the_call_is_no_failure() -> None:
    planted = patient().call(ASKED_TOO_LONG, 2.0, 2.1, 2.3, outcome="failed")
    assert ENDS_AT_LONG_RETRY_AFTER(planted.evidence(facts=FACTS)).verdict is Verdict.FAILED
    policy = without("retry", retry_after_over_cap="waits-less")
    found = ENDS_AT_LONG_RETRY_AFTER(planted.evidence(policy, facts=FACTS))
    assert found.verdict is Verdict.SKIPPED


def test_a_404_that_is_declared_as_a_failure_is_no_refusal() -> None:
    planted = PlantedEvidence().call(UNKNOWN, 0.1, 0.1, 0.2, 0.3, outcome="failed")
    planted.call(REFUSED, 0.5, 0.5, outcome="failed")
    declared = without("failures", status=(404, 503))
    assert NEVER_RETRIES_REFUSALS(planted.evidence(declared)).verdict is Verdict.PASSED
    assert NEVER_RETRIES_REFUSALS(planted.evidence()).verdict is Verdict.FAILED


def test_a_404_that_is_declared_to_count_is_a_failure_to_the_breaker() -> None:
    planted = PlantedEvidence().call(UNKNOWN, 0.1, 0.1, outcome="failed")
    declared = without("failures", status=(404, 503))
    assert MISSING_IS_NO_FAILURE(planted.evidence(declared)).verdict is Verdict.SKIPPED
