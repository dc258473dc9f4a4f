"""Policies are frozen values that refuse what makes no sense, naming field, value and range."""

import dataclasses
import math
from typing import Any

import pytest

from seatrial.resilience import (
    BreakerPolicy,
    CachePolicy,
    CircuitBreaker,
    Retry,
    RetryBudgetPolicy,
    RetryPolicy,
    WindowPolicy,
    compose,
)

POLICIES = [BreakerPolicy, WindowPolicy, RetryPolicy, RetryBudgetPolicy, CachePolicy]
MAY_BE_ZERO = {
    ("BreakerPolicy", "jitter"),
    ("RetryBudgetPolicy", "ratio"),
    ("RetryBudgetPolicy", "floor_per_s"),
    ("CachePolicy", "negative_ttl_s"),
    ("CachePolicy", "stale_if_error_s"),
}
NUMBERS = [
    (policy, field.name)
    for policy in POLICIES
    for field in dataclasses.fields(policy)
    if field.name not in ("window", "budget") and not isinstance(field.default, str)
]


@pytest.mark.parametrize(
    ("policy", "field"), NUMBERS, ids=lambda part: getattr(part, "__name__", part)
)
@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, "3", True], ids=str)
def test_a_bad_number_is_refused_with_field_value_and_range(
    policy: type[Any], field: str, bad: object
) -> None:
    with pytest.raises(
        ValueError, match=rf"^{policy.__name__}\.{field} is .*, but must be "
    ) as caught:
        policy(**{field: bad})
    assert repr(bad) in str(caught.value)
    assert "number" in str(caught.value)


@pytest.mark.parametrize(
    ("policy", "field"), NUMBERS, ids=lambda part: getattr(part, "__name__", part)
)
def test_zero_is_refused_but_where_it_means_never(policy: type[Any], field: str) -> None:
    if (policy.__name__, field) in MAY_BE_ZERO:
        assert getattr(policy(**{field: 0}), field) == 0
        return
    with pytest.raises(ValueError, match="is 0, but must be"):
        policy(**{field: 0})


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_policies_are_frozen_and_their_defaults_are_good(policy: type[Any]) -> None:
    made = policy()
    field = dataclasses.fields(policy)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, field, 1)
    assert made == policy()


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_every_option_is_documented(policy: type[Any]) -> None:
    for field in dataclasses.fields(policy):
        assert f"    {field.name}: " in (policy.__doc__ or "")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: RetryPolicy(attempt_timeout_s=5, deadline_s=3),
            "RetryPolicy.attempt_timeout_s is 5, but must be a number above 0 to 3, or None "
            "(the deadline, deadline_s)",
        ),
        (
            lambda: BreakerPolicy(open_s=60, max_open_s=30),
            "BreakerPolicy.max_open_s is 30, but must be a number from 60 to 3.16224e+09, or None "
            "(open_s)",
        ),
        (
            lambda: WindowPolicy(size=10, min_calls=11),
            "WindowPolicy.min_calls is 11, but must be a whole number from 1 to 10 (size)",
        ),
        (
            lambda: RetryPolicy(attempts=2.5),  # type: ignore[arg-type]
            "RetryPolicy.attempts is 2.5, but must be a whole number from 1 to 100",
        ),
        (
            lambda: CachePolicy(negative_ttl_s=1.5),
            "CachePolicy.negative_ttl_s is 1.5, but must be a number from 0 to 1",
        ),
        (
            lambda: RetryPolicy(jitter="half"),  # type: ignore[arg-type]
            "RetryPolicy.jitter is 'half', but must be 'full' or 'none'",
        ),
    ],
)
def test_what_contradicts_another_option_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match="but must be") as caught:
        make()
    assert str(caught.value) == message


def test_a_lease_must_outlast_the_retried_call_inside() -> None:
    breaker = CircuitBreaker(BreakerPolicy(lease_s=30))
    with pytest.raises(ValueError, match=r"BreakerPolicy\.lease_s is 30, .* above 30 "):
        compose(breaker, Retry(RetryPolicy(deadline_s=30)))
    assert compose(breaker, Retry(RetryPolicy(deadline_s=29.9))).policies[0] is breaker


def test_a_lease_must_outlast_the_attempt_where_the_retry_is_outside() -> None:
    breaker = CircuitBreaker(BreakerPolicy(lease_s=5))
    with pytest.raises(ValueError, match="above 5 "):
        compose(Retry(RetryPolicy(attempt_timeout_s=5)), breaker)
    assert compose(Retry(RetryPolicy(attempt_timeout_s=4)), breaker).policies[1] is breaker


def test_without_a_deadline_a_call_is_bounded_by_its_attempts_and_waits() -> None:
    policy = RetryPolicy(attempts=3, backoff_s=2, attempt_timeout_s=5, deadline_s=None)
    assert policy.longest_s == 3 * 5 + 2 + 4
    assert RetryPolicy(attempt_timeout_s=None, deadline_s=None).longest_s is None


def test_backoff_is_the_designs_and_capped() -> None:
    policy = RetryPolicy(cap_s=5)
    assert [policy.backoff(retry) for retry in (1, 2, 3, 50)] == [2, 4, 5, 5]
