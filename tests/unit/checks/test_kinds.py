"""Every kind of failure is tried again and counted as declared."""

import pytest

from seatrial.checks import COUNTS_EVERY_KIND, KINDS, RETRIES_EVERY_KIND, kind_rows
from seatrial.checks.phases import FAILING, OPEN, SETTLING
from seatrial.config import DeclaredBreaker, DeclaredFailures, DeclaredPolicy
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


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_body_that_breaks_off_is_a_bad_answer_or_a_lost_connection(attempts: int) -> None:
    failures = {"retried": {"bad_answers": False}, "counted": {"bad_answers": False}}
    policy = APART.model_copy(update={"failures": DeclaredFailures.model_validate(failures)})
    planted = closed(attempts, "truncated")
    for after in (planted.good, planted.silent):
        evidence = after(KINDS["truncated"].after, 2, 5.6).evidence(policy)
        assert [check(evidence).verdict for check in BOTH] == [Verdict.PASSED, Verdict.SKIPPED]
    often = closed(4, "truncated").good(KINDS["truncated"].after, 2, 5.6).evidence(policy)
    assert RETRIES_EVERY_KIND(often).verdict is Verdict.FAILED


@pytest.mark.parametrize("name", ["closed", "refused"])
def test_a_request_that_arrives_after_the_open_time_does_not_say_that_it_was_not_opened(
    name: str,
) -> None:
    kind, planted = KINDS[name], opened()
    for _ in range(5):
        sent = (5.0, 5.1, 5.2) if kind.seen else ()
        planted.call(kind.failing, 5.0, *sent, outcome="failed", tries=BAD, took_s=1.5)
    planted.call(kind.after, 6.9, 7.3, outcome="good", took_s=0.5)
    found = COUNTS_EVERY_KIND(planted.evidence())
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


def test_a_status_that_is_declared_as_no_failure_is_neither_tried_again_nor_counted() -> None:
    policy = without("failures", status=(503,))
    after = KINDS["status-429"].after
    right = closed(1, "status-429").good(after, 2, 5.6).evidence(policy)
    assert [check(right).verdict for check in BOTH] == [Verdict.PASSED] * 2
    wrong = closed(3, "status-429").silent(after, 2, 5.6).evidence(policy)
    assert [check(wrong).verdict for check in BOTH] == [Verdict.FAILED] * 2


def test_a_breaker_that_may_not_have_been_closed_before_shows_no_kind() -> None:
    planted = opened().failing(SETTLING, 1, 4.5)
    for _ in range(5):
        planted.call(KIND.failing, 5.0, 5.0, 5.1, 5.2, outcome="failed")
    found = COUNTS_EVERY_KIND(planted.good(KIND.after, 2, 5.6).evidence())
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


def test_a_call_after_the_open_time_does_not_say_that_it_was_counted() -> None:
    policy = without("failures", status=(503,))
    late = closed(1, "status-429").good(KINDS["status-429"].after, 2, 15.0).evidence(policy)
    found = COUNTS_EVERY_KIND(late)
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


@pytest.mark.parametrize(
    ("status", "is_tested"), [(None, False), ((429,), True), ((503,), True)], ids=str
)
def test_a_429_of_which_nothing_is_declared_is_not_put_to_the_test(
    status: tuple[int, ...] | None, is_tested: bool
) -> None:
    failures = {} if status is None else {"failures": {"status": status}}
    policy = DeclaredPolicy.model_validate(failures)
    assert KINDS["status-429"].is_tested(policy) is is_tested
    assert KINDS["status-500"].is_tested(policy)
    assert not KINDS["status-409"].is_tested(policy)


def test_a_rate_may_be_reached_before_the_last_of_the_failures() -> None:
    rate = {"failures": 0.5, "minimum_calls": 2, "window_s": 60}
    breaker = DeclaredBreaker.model_validate({"rate": rate, "open_s": 2.2})
    planted = opened()
    for n in range(5):
        planted.call(KIND.failing, 5.0, 5.0 + n, outcome="failed", took_s=1.0 + n)
    policy = DeclaredPolicy(breaker=breaker)
    probed = planted.good(KIND.after, 2, 10.0).evidence(policy)
    found = COUNTS_EVERY_KIND(probed)
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


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


APART = DeclaredPolicy.model_validate(
    {
        "retry": {"attempts": 3, "backoff_s": 0.1, "attempt_timeout_s": 1},
        "breaker": {"failures": 5, "open_s": 2},
        "failures": {
            "status": [500, 503],
            "retried": {"status": [503, 409], "timeouts": False},
            "counted": {"bad_answers": False, "status": [503, 500]},
        },
    }
)
"""Retried: 503, 409 and lost connections; counted: 500, 503, timeouts and lost connections."""
RIGHT = {
    "status-500": (1, True),
    "status-503": (3, True),
    "status-409": (3, False),
    "status-502": (1, False),
    "hang": (1, True),
    "closed": (3, True),
    "nonsense": (3, False),
}
"""How many attempts a right client makes, and whether its breaker opens."""
kinds = pytest.mark.parametrize("name", RIGHT)


def seen(name: str, attempts: int, *, opens: bool) -> PlantedEvidence:
    """Calls that fail in one way, and what becomes of those after them."""
    planted, after = closed(attempts, name), KINDS[name].after
    return planted.silent(after, 2, 5.6) if opens else planted.good(after, 2, 5.6)


@kinds
def test_what_is_retried_and_what_is_counted_are_judged_apart(name: str) -> None:
    attempts, opens = RIGHT[name]
    right = seen(name, attempts, opens=opens).evidence(APART)
    assert [check(right).verdict for check in BOTH] == [Verdict.PASSED] * 2


@kinds
def test_each_kind_that_is_retried_or_counted_otherwise_fails(name: str) -> None:
    attempts, opens = RIGHT[name]
    other = 1 if attempts == 3 else 3
    assert RETRIES_EVERY_KIND(seen(name, other, opens=opens).evidence(APART)).verdict is (
        Verdict.FAILED
    )
    assert COUNTS_EVERY_KIND(seen(name, attempts, opens=not opens).evidence(APART)).verdict is (
        Verdict.FAILED
    )


def test_six_requests_for_three_attempts_are_declared_or_fail() -> None:
    six = seen("closed", 6, opens=True)
    assert RETRIES_EVERY_KIND(six.evidence(APART)).verdict is Verdict.FAILED
    assert APART.retry is not None
    resends = APART.retry.model_copy(update={"connection_resends": 1})
    declared = APART.model_copy(update={"retry": resends})
    assert RETRIES_EVERY_KIND(six.evidence(declared)).verdict is Verdict.PASSED
    found = RETRIES_EVERY_KIND(seen("closed", 7, opens=True).evidence(declared))
    assert found.verdict is Verdict.FAILED
    assert "7 attempts a call, 3 declared and up to 1 resends of each" in found.explanation
    few = RETRIES_EVERY_KIND(seen("closed", 2, opens=True).evidence(declared))
    assert few.verdict is Verdict.FAILED
    status = RETRIES_EVERY_KIND(seen("status-503", 6, opens=True).evidence(declared))
    assert status.verdict is Verdict.FAILED


def test_nonsense_is_put_to_the_test_where_the_policy_says_what_it_is() -> None:
    kind = KINDS["nonsense"]
    assert kind.is_tested(APART)
    assert not kind.is_tested(DeclaredPolicy())
    assert not kind.is_tested(DeclaredPolicy.model_validate({"failures": {"status": [503]}}))
    assert kind.is_tested(DeclaredPolicy.model_validate({"failures": {"bad_answers": True}}))
