"""What a declared policy says of itself: which failures are which, and how many open a breaker."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.config import (
    DeclaredBreaker,
    DeclaredCache,
    DeclaredFailures,
    DeclaredPolicy,
    DeclaredRetry,
    FailureCause,
)


def failures(**declared: Any) -> DeclaredFailures:
    """Failures as a file declares them."""
    return DeclaredFailures.model_validate(declared)


def test_what_is_not_declared_apart_is_retried_and_counted_alike() -> None:
    both = failures(status=[500, 503], bad_answers=False)
    counted: tuple[FailureCause, ...] = (500, 503, "timeouts", "connection_errors")
    ignored: tuple[FailureCause, ...] = (404, 502, "bad_answers")
    for kind in counted:
        assert both.retries(kind)
        assert both.counts(kind)
    for kind in ignored:
        assert not both.retries(kind)
        assert not both.counts(kind)


def test_what_is_declared_apart_changes_one_of_the_two() -> None:
    apart = failures(
        status=[500, 503],
        retried={"status": [503], "timeouts": False},
        counted={"bad_answers": False, "connection_errors": False},
    )
    assert (apart.retries(500), apart.counts(500)) == (False, True)
    assert (apart.retries("timeouts"), apart.counts("timeouts")) == (False, True)
    assert (apart.retries("bad_answers"), apart.counts("bad_answers")) == (True, False)
    assert (apart.retries("connection_errors"), apart.counts("connection_errors")) == (True, False)


def test_scenarios_fail_calls_with_what_is_both_if_there_is_such_a_status() -> None:
    both = failures(status=[500, 502], retried={"status": [502, 503]})
    assert (both.retried_status, both.counted_status) == (502, 502)
    apart = failures(status=[500], retried={"status": [503]})
    assert (apart.retried_status, apart.counted_status) == (503, 500)
    none = failures(status=[500], retried={"status": []})
    assert (none.retried_status, none.counted_status) == (None, 500)


def test_a_failure_that_is_not_retried_counts_once_whatever_the_order() -> None:
    breaker = DeclaredBreaker(failures=6, open_s=1, order="inside-retry")
    policy = DeclaredPolicy(retry=DeclaredRetry(attempts=3), breaker=breaker)
    assert policy.calls_to_open == 2
    once = policy.model_copy(update={"failures": failures(retried={"status": []})})
    assert once.calls_to_open == 6


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"retried": {"status": [200]}}, "only 400 to 599 are errors"),
        ({"retried": {"state": [500]}}, "state"),
        (
            {
                "counted": {
                    "status": [],
                    "bad_answers": False,
                    "timeouts": False,
                    "connection_errors": False,
                }
            },
            "nothing is left that the breaker counts",
        ),
    ],
)
def test_failures_that_do_not_fit_together_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        failures(**wrong)


def test_slow_calls_need_a_time_and_a_share() -> None:
    rate = {"failures": 0.5, "minimum_calls": 4, "window_calls": 10, "slow_s": 1}
    with pytest.raises(ValidationError, match="slow_s and slow_ratio need each other"):
        DeclaredBreaker.model_validate({"rate": rate, "open_s": 1})


def test_a_rate_of_all_calls_needs_the_whole_window_to_fail() -> None:
    rate = {"failures": 1, "minimum_calls": 4, "window_calls": 10}
    assert DeclaredBreaker.model_validate({"rate": rate, "open_s": 1}).failures_to_open == 10


def test_the_page_about_policies_holds_to_the_schema() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/policy.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    read = [tomllib.loads(block)["edges"]["card"]["policy"] for block in blocks]
    policies = [DeclaredPolicy.model_validate(one) for one in read]
    assert [one.model_fields_set for one in policies] == [{"failures"}, {"breaker"}]


def test_waiters_need_a_shared_request() -> None:
    assert DeclaredCache(ttl_s=1, single_flight=True, max_waiters=9).max_waiters == 9
    with pytest.raises(ValidationError, match="max_waiters needs single_flight = true"):
        DeclaredCache(ttl_s=1, max_waiters=9)


@pytest.mark.parametrize(
    ("good", "failing"), [(0, 7), (6, 7), (12, 13), (50, 20)], ids=lambda count: f"{count}"
)
def test_a_rate_is_surely_exceeded_after_any_number_of_good_calls(good: int, failing: int) -> None:
    rate = {"failures": 0.5, "minimum_calls": 4, "window_calls": 20}
    breaker = DeclaredBreaker.model_validate({"rate": rate, "open_s": 1})
    assert breaker.failures_to_open_after(good) == failing
