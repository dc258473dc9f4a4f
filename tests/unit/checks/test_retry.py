"""The retry's checks: passed on a right consumer's evidence, failed on planted defects."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.checks import (
    ATTEMPTS_PER_CALL,
    HIDES_SHORT_FAILURES,
    WAITS_ARE_SPREAD,
    WAITS_GROW,
    WireCheck,
)
from seatrial.checks.phases import RETRIED
from seatrial.config import DeclaredPolicy, DeclaredRetry
from seatrial.results import Verdict

from .planted import POLICY, PlantedEvidence

ALL = [ATTEMPTS_PER_CALL, HIDES_SHORT_FAILURES, WAITS_GROW, WAITS_ARE_SPREAD]
ANSWER_S = 0.001


def retried(wait_s: Callable[[int], float], attempts: int = 3, calls: int = 40) -> PlantedEvidence:
    """Calls whose attempts came after these waits, made by the number of the wait."""
    planted = PlantedEvidence()
    for number in range(calls):
        sent = [float(number)]
        for wait in range(1, attempts):
            sent.append(sent[-1] + ANSWER_S + wait_s(wait))
        planted.call(RETRIED, float(number), *sent)
    return planted


def full_jitter(seed: int) -> Callable[[int], float]:
    """The waits of the usual policy."""
    random = Random(seed)
    return lambda wait: random.uniform(0, 0.1 * 2 ** (wait - 1))


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_a_right_retry_passes(check: WireCheck) -> None:
    assert check(retried(full_jitter(1)).evidence()).verdict is Verdict.PASSED


def test_full_jitter_raises_no_false_alarm_in_a_thousand_runs() -> None:
    found = {
        check(retried(full_jitter(seed)).evidence()).verdict
        for seed in range(1000)
        for check in (WAITS_GROW, WAITS_ARE_SPREAD)
    }
    assert found == {Verdict.PASSED}


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_no_evidence_is_undecided_never_passed(check: WireCheck) -> None:
    assert check(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_what_is_not_declared_is_skipped(check: WireCheck) -> None:
    assert check(retried(full_jitter(1)).evidence(DeclaredPolicy())).verdict is Verdict.SKIPPED


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_another_number_of_attempts_fails(attempts: int) -> None:
    found = ATTEMPTS_PER_CALL(retried(full_jitter(1), attempts=attempts).evidence())
    assert found.verdict is Verdict.FAILED
    assert f"made {attempts} attempts where 3 are declared" in found.explanation


def test_calls_that_sent_nothing_are_not_counted_as_calls_of_too_few_attempts() -> None:
    """An open breaker refused them: they say nothing of attempts."""
    planted = retried(full_jitter(1), attempts=1, calls=3).silent(RETRIED, 4, 9.0)
    found = ATTEMPTS_PER_CALL(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "3 of 3 calls made 1 attempts" in found.explanation
    assert "4 more sent nothing" in found.explanation
    right = retried(full_jitter(1), calls=3).silent(RETRIED, 4, 9.0)
    assert ATTEMPTS_PER_CALL(right.evidence()).verdict is Verdict.UNDECIDED


def test_a_call_that_had_no_time_for_its_next_attempt_is_left_out() -> None:
    planted = retried(full_jitter(1)).call(RETRIED, 50.0, 50.1, 53.85)
    assert ATTEMPTS_PER_CALL(planted.evidence()).verdict is Verdict.PASSED
    planted.call(RETRIED, 60.0, 60.1, 62.0)
    assert ATTEMPTS_PER_CALL(planted.evidence()).verdict is Verdict.FAILED


def test_waits_that_stay_as_short_as_the_first_do_not_grow() -> None:
    random = Random(1)
    found = WAITS_GROW(retried(lambda _: random.uniform(0, 0.1)).evidence())
    assert found.verdict is Verdict.FAILED


def test_a_caller_who_notices_fails() -> None:
    planted = PlantedEvidence().call(RETRIED, 0.0, 0.0, 0.1, 0.3, outcome="missing")
    assert HIDES_SHORT_FAILURES(planted.evidence()).verdict is Verdict.FAILED


def test_no_wait_at_all_fails() -> None:
    assert WAITS_GROW(retried(lambda _: 0.001).evidence()).verdict is Verdict.FAILED


def test_shrinking_waits_fail() -> None:
    found = WAITS_GROW(retried(lambda wait: 0.15 if wait == 1 else 0.12).evidence())
    assert found.verdict is Verdict.FAILED
    assert "do not grow" in found.explanation


def test_fixed_waits_are_not_spread() -> None:
    found = WAITS_ARE_SPREAD(retried(lambda wait: 0.1 * 2 ** (wait - 1)).evidence())
    assert found.verdict is Verdict.FAILED
    assert "not spread" in found.explanation


def equal_jitter(seed: int) -> Callable[[int], float]:
    """Waits between the half and the whole of the declared one."""
    random = Random(seed)
    return lambda wait: random.uniform(0.05, 0.1) * 2 ** (wait - 1)


def test_equal_jitter_is_distinguished_from_full_and_from_none() -> None:
    retry = DeclaredRetry(attempts=3, backoff_s=0.1, jitter="equal")
    right = retried(equal_jitter(1)).evidence(DeclaredPolicy(retry=retry))
    assert WAITS_GROW(right).verdict is Verdict.PASSED
    assert WAITS_ARE_SPREAD(right).verdict is Verdict.PASSED
    full = retried(full_jitter(1)).evidence(DeclaredPolicy(retry=retry))
    assert WAITS_GROW(full).verdict is Verdict.FAILED
    fixed = retried(lambda wait: 0.1 * 2 ** (wait - 1)).evidence(DeclaredPolicy(retry=retry))
    assert WAITS_ARE_SPREAD(fixed).verdict is Verdict.FAILED


def test_waits_that_are_all_too_long_fail() -> None:
    found = WAITS_GROW(retried(lambda wait: 0.35 * wait).evidence())
    assert found.verdict is Verdict.FAILED
    assert "was never under 350 ms" in found.explanation


def test_waits_that_a_busy_machine_prolonged_are_undecided_and_looked_at_again() -> None:
    random = Random(1)
    evidence = retried(lambda wait: 0.06 + random.uniform(0, 0.1) * 2 ** (wait - 1)).evidence()
    found = WAITS_ARE_SPREAD(evidence)
    assert found.verdict is Verdict.UNDECIDED
    assert found.retryable


def test_a_few_calls_cannot_show_the_spread() -> None:
    planted = retried(lambda wait: 0.1 * 2 ** (wait - 1), calls=5)
    assert WAITS_ARE_SPREAD(planted.evidence()).verdict is Verdict.UNDECIDED


def test_without_jitter_each_wait_is_at_least_the_declared_one() -> None:
    policy = DeclaredPolicy(retry=DeclaredRetry(attempts=3, backoff_s=0.1))
    right = retried(lambda wait: 0.1 * 2 ** (wait - 1))
    assert WAITS_GROW(right.evidence(policy)).verdict is Verdict.PASSED
    assert WAITS_GROW(retried(full_jitter(1)).evidence(policy)).verdict is Verdict.FAILED


def test_waits_rest_on_the_number_of_attempts() -> None:
    assert WAITS_GROW(retried(full_jitter(1), attempts=1).evidence()).verdict is Verdict.UNDECIDED


def test_the_cap_bounds_the_declared_waits() -> None:
    retry = DeclaredRetry(attempts=5, backoff_s=1.0, cap_s=3.0)
    assert retry.waits_s() == (1.0, 2.0, 3.0, 3.0)
    assert POLICY.retry is not None
    assert POLICY.retry.waits_s() == (0.1, 0.2)


@pytest.mark.parametrize("check", [WAITS_GROW, WAITS_ARE_SPREAD])
def test_attempts_that_were_given_up_unanswered_show_no_wait(check: WireCheck) -> None:
    evidence = retried(full_jitter(1)).evidence()
    unanswered = tuple(replace(attempt, answered_s=None) for attempt in evidence.attempts)
    assert check(replace(evidence, attempts=unanswered)).verdict is Verdict.UNDECIDED


def test_decorrelated_waits_are_between_the_first_and_three_times_the_one_before() -> None:
    retry = DeclaredRetry(attempts=3, backoff_s=0.1, cap_s=0.5, jitter="decorrelated")
    assert retry.waits_s() == pytest.approx((0.3, 0.5))
    assert [wait.shortest_s for wait in retry.waits()] == [0.1, 0.1]


def test_decorrelated_jitter_is_distinguished_from_full() -> None:
    retry = DeclaredRetry(attempts=3, backoff_s=0.1, jitter="decorrelated")
    random = Random(1)
    right = retried(lambda wait: random.uniform(0.1, 0.3 * wait)).evidence(
        DeclaredPolicy(retry=retry)
    )
    assert WAITS_GROW(right).verdict is Verdict.PASSED
    assert WAITS_ARE_SPREAD(right).verdict is Verdict.PASSED
    full = retried(full_jitter(1)).evidence(DeclaredPolicy(retry=retry))
    assert WAITS_GROW(full).verdict is Verdict.FAILED


def additive(seed: int, most_s: float = 0.05) -> Callable[[int], float]:
    """Waits of at least the declared length, and up to this much more."""
    random = Random(seed)
    return lambda wait: 0.1 * 2 ** (wait - 1) + random.uniform(0, most_s)


ADDITIVE = DeclaredPolicy(
    retry=DeclaredRetry(attempts=3, backoff_s=0.1, jitter="additive", jitter_s=0.05)
)


def test_additive_jitter_raises_no_false_alarm_in_five_hundred_runs() -> None:
    found = {
        check(retried(additive(seed)).evidence(ADDITIVE)).verdict
        for seed in range(500)
        for check in (WAITS_GROW, WAITS_ARE_SPREAD)
    }
    assert found == {Verdict.PASSED}


def test_additive_jitter_is_distinguished_from_full_and_from_a_fixed_wait() -> None:
    full = retried(full_jitter(1)).evidence(ADDITIVE)
    assert WAITS_GROW(full).verdict is Verdict.FAILED
    fixed = WAITS_GROW(retried(additive(1, most_s=0.001)).evidence(ADDITIVE))
    assert fixed.verdict is Verdict.FAILED
    assert "at least" in fixed.explanation
    late = retried(lambda wait: 0.1 * 2 ** (wait - 1) + 0.05).evidence(ADDITIVE)
    assert WAITS_ARE_SPREAD(late).verdict is Verdict.FAILED


def test_additive_jitter_may_be_a_share_of_the_wait() -> None:
    retry = DeclaredRetry(attempts=3, backoff_s=0.1, jitter="additive", jitter_ratio=0.2)
    assert retry.waits_s() == pytest.approx((0.12, 0.24))
    assert [wait.shortest_s for wait in retry.waits()] == pytest.approx([0.1, 0.2])


def test_additive_jitter_under_a_cap_is_not_drawn_evenly() -> None:
    retry = DeclaredRetry(attempts=4, backoff_s=1, cap_s=2.5, jitter="additive", jitter_s=1)
    assert [wait.is_even for wait in retry.waits()] == [True, False, False]
    assert [tuple(wait)[:2] for wait in retry.waits()] == [(1, 2), (2, 2.5), (2.5, 2.5)]


URLLIB3 = DeclaredPolicy(retry=DeclaredRetry(attempts=3, backoff_s=0.1, first_wait_s=0))
"""Retry(2, backoff_factor=0.1): 0, then 0.2 s."""


def test_a_first_attempt_again_at_once_is_declared_or_fails() -> None:
    at_once = retried(lambda wait: 0.0 if wait == 1 else 0.2)
    assert WAITS_GROW(at_once.evidence(URLLIB3)).verdict is Verdict.PASSED
    plain = DeclaredPolicy(retry=DeclaredRetry(attempts=3, backoff_s=0.1))
    assert WAITS_GROW(at_once.evidence(plain)).verdict is Verdict.FAILED
    short = retried(lambda wait: 0.0 if wait == 1 else 0.1)
    assert WAITS_GROW(short.evidence(URLLIB3)).verdict is Verdict.FAILED
    slow = retried(lambda wait: 0.15 * wait)
    assert WAITS_GROW(slow.evidence(URLLIB3)).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"jitter": "additive"}, "additive jitter needs jitter_s or jitter_ratio"),
        ({"jitter_s": 0.1}, "of additive jitter alone"),
        ({"backoff_s": None, "first_wait_s": 0}, "first_wait_s needs backoff_s"),
    ],
)
def test_waits_that_do_not_fit_together_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        DeclaredRetry.model_validate({"attempts": 3, "backoff_s": 0.1, **wrong})


def sometimes_long(every: int, *, at_once: bool = False) -> PlantedEvidence:
    """Calls of which one in a few has a second wait that is over a second too long."""
    planted = PlantedEvidence()
    for number in range(40):
        at_s = 1.0 if at_once else 3.0 * number
        second_s = 1.3 if number % every == 0 else 0.2 * (number % 10) / 10
        first_s = 0.1 * (number % 10) / 10
        second = at_s + first_s + 2 * ANSWER_S + second_s
        planted.call(RETRIED, at_s, at_s, at_s + first_s + ANSWER_S, second)
    return planted


def test_a_wait_that_is_too_long_again_and_again_fails() -> None:
    found = WAITS_GROW(sometimes_long(10).evidence())
    assert found.verdict is Verdict.FAILED
    assert "4 times wait 2 was too long, once 1.30 s" in found.explanation


def test_one_pause_of_the_consumer_or_two_are_no_longer_waits() -> None:
    assert WAITS_GROW(sometimes_long(20).evidence()).verdict is Verdict.PASSED
    assert WAITS_GROW(sometimes_long(10, at_once=True).evidence()).verdict is Verdict.PASSED


def test_a_machine_that_was_busy_meanwhile_explains_long_waits() -> None:
    busy = tuple((float(at_s), 0.9 * at_s) for at_s in range(130))
    found = WAITS_GROW(replace(sometimes_long(10).evidence(), cpu_waits=busy))
    assert found.verdict is Verdict.PASSED
