"""Every kind of failure is tried again and counted as declared."""

import pytest

from seatrial.checks import COUNTS_EVERY_KIND, KINDS, RETRIES_EVERY_KIND, kind_rows
from seatrial.checks.phases import FAILING, OPEN
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict

from .planted import PlantedEvidence, without

KIND = KINDS["closed"]
BAD = {"status": None, "answered_s": None}


def opened() -> PlantedEvidence:
    """A breaker that five calls of three attempts each have opened."""
    planted = PlantedEvidence()
    for number in range(5):
        at_s = 0.1 * number
        planted.call(FAILING, at_s, at_s, at_s + 0.01, at_s + 0.02, outcome="failed")
    return planted.silent(OPEN, 2, 0.6)


def closed(attempts: int = 3, name: str = "closed") -> PlantedEvidence:
    """The same, and later calls whose attempts fail in another way."""
    planted = opened()
    for number in range(5):
        at_s = 5 + 0.1 * number
        sent = [at_s + 0.01 * one for one in range(attempts)]
        planted.call(KINDS[name].failing, at_s, *sent, outcome="failed", tries=BAD)
    return planted


BOTH = [RETRIES_EVERY_KIND, COUNTS_EVERY_KIND]
both = pytest.mark.parametrize("check", BOTH, ids=lambda check: check.id)


@both
def test_a_right_client_passes(check: object) -> None:
    assert callable(check)
    found = check(closed().silent(KIND.after, 2, 5.6).evidence())
    assert (found.verdict, "closed: " in found.explanation) == (Verdict.PASSED, True)


@pytest.mark.parametrize("attempts", [1, 6])
def test_too_few_and_too_many_attempts_fail_by_kind(attempts: int) -> None:
    policy = without("retry", budget=None)
    found = RETRIES_EVERY_KIND(closed(attempts).silent(KIND.after, 2, 5.6).evidence(policy))
    assert found.verdict is Verdict.FAILED
    assert f"closed without a byte: {attempts} attempts a call, 3 declared" in found.explanation


def test_a_budget_that_may_be_used_up_leaves_too_few_attempts_undecided() -> None:
    found = RETRIES_EVERY_KIND(closed(1).silent(KIND.after, 2, 5.6).evidence())
    assert found.verdict is Verdict.UNDECIDED


def test_a_kind_that_does_not_open_the_breaker_fails() -> None:
    found = COUNTS_EVERY_KIND(closed().good(KIND.after, 2, 5.6).evidence())
    assert found.verdict is Verdict.FAILED
    assert "closed without a byte: 5 such calls did not open the breaker" in found.explanation


def test_a_status_that_is_declared_as_no_failure_is_neither_tried_again_nor_counted() -> None:
    policy = without("failures", status=(503,))
    after = KINDS["status-429"].after
    right = closed(1, "status-429").good(after, 2, 5.6).evidence(policy)
    assert [check(right).verdict for check in BOTH] == [Verdict.PASSED] * 2
    wrong = closed(3, "status-429").silent(after, 2, 5.6).evidence(policy)
    assert [check(wrong).verdict for check in BOTH] == [Verdict.FAILED] * 2


def test_calls_that_an_open_breaker_refused_show_nothing_of_a_kind() -> None:
    planted = opened().silent(KIND.failing, 5, 5.0).silent(KIND.after, 2, 5.6)
    assert [check(planted.evidence()).verdict for check in BOTH] == [Verdict.UNDECIDED] * 2


def test_where_a_503_is_not_counted_no_other_kind_is_blamed() -> None:
    planted = closed().good(KIND.after, 2, 5.6).good(OPEN, 2, 0.6)
    found = COUNTS_EVERY_KIND(planted.evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert "depends on opens-at-threshold" in found.explanation


def test_a_refused_connection_is_judged_by_the_time_that_its_call_took() -> None:
    kind = KINDS["refused"]
    for took_s, verdict in ((0.15, Verdict.PASSED), (0.002, Verdict.FAILED)):
        planted = opened()
        for number in range(5):
            planted.call(kind.failing, 5 + number, outcome="failed", took_s=took_s)
        planted.silent(kind.after, 2, 9.2)
        assert RETRIES_EVERY_KIND(planted.evidence()).verdict is verdict


def test_what_is_not_declared_is_skipped() -> None:
    rows = list(kind_rows(closed().good(KIND.after, 2, 5.6).evidence(DeclaredPolicy())))
    assert [(row.kind, row.retried.verdict, row.counted.verdict) for row in rows] == [
        (KIND, Verdict.SKIPPED, Verdict.SKIPPED)
    ]
