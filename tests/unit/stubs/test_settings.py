"""The environment: typed values, and one sentence for a wrong one."""

import pytest

from seatrial.errors import UsageError
from stubs.clients import read_user_client
from stubs.settings import Environment


def test_unset_and_empty_variables_have_the_default() -> None:
    environment = Environment({"EMPTY": "  "})
    assert environment.number("EMPTY", 2.5, low=0) == 2.5
    assert environment.whole("UNSET", 3, low=0) == 3
    assert environment.text("UNSET") is None


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "x", "1e999"])
def test_a_number_out_of_range_names_the_variable_and_the_range(value: str) -> None:
    with pytest.raises(UsageError, match=r"WAIT_S='.*' isn't a number from 0 to 10"):
        Environment({"WAIT_S": value}).number("WAIT_S", 1, low=0, high=10)


@pytest.mark.parametrize("value", ["1.5", "x", "0", "65536"])
def test_a_whole_number_out_of_range_names_the_variable(value: str) -> None:
    with pytest.raises(UsageError, match=r"PORT='.*' isn't a whole number from 1 to 65535"):
        Environment({"PORT": value}).whole("PORT", 1, low=1, high=65535)


@pytest.mark.parametrize("value", ["ftp://x", "x", "http://", "http://x:port", "http://[x"])
def test_a_url_that_cannot_be_called_names_the_variable(value: str) -> None:
    with pytest.raises(UsageError, match="USER_SERVICE_URL="):
        Environment({"USER_SERVICE_URL": value}).url("USER_SERVICE_URL", "http://user:1")


def test_a_url_loses_its_last_slash() -> None:
    assert Environment({"U": "http://x:1/"}).url("U", "http://y") == "http://x:1"


def test_a_word_that_is_no_choice_names_the_choices() -> None:
    with pytest.raises(UsageError, match="USER_CLIENT='other' isn't one of a, b"):
        Environment({"USER_CLIENT": "other"}).choice("USER_CLIENT", "a", ("a", "b"))


def test_a_required_variable_says_an_example() -> None:
    with pytest.raises(UsageError, match=r"DATABASE_URL isn't set; .*DATABASE_URL=sqlite:///x"):
        Environment({}).required("DATABASE_URL", "sqlite:///x")


def test_the_user_client_has_the_designs_defaults() -> None:
    settings = read_user_client(Environment({}))
    assert settings.base_url == "http://user-service:3001"
    assert (settings.retry.attempts, settings.retry.backoff_s) == (3, 2.0)
    breaker = settings.breaker
    assert (breaker.failures, breaker.open_s, breaker.successes) == (5, 60.0, 3)
    assert breaker.probe_limit == 3
    assert (settings.cache.ttl_s, settings.cache.max_entries) == (300.0, 10_000)
    assert settings.cache.stale_if_error_s == 0


def test_every_variable_of_the_user_client_is_read() -> None:
    settings = read_user_client(
        Environment(
            {
                "USER_SERVICE_URL": "http://127.0.0.1:1",
                "USER_CLIENT_ATTEMPTS": "4",
                "USER_CLIENT_BACKOFF_S": "0.1",
                "USER_CLIENT_BACKOFF_CAP_S": "0.3",
                "USER_CLIENT_ATTEMPT_TIMEOUT_S": "0.5",
                "USER_CLIENT_DEADLINE_S": "3",
                "USER_CLIENT_FAILURES": "6",
                "USER_CLIENT_OPEN_S": "1.5",
                "USER_CLIENT_SUCCESSES": "2",
                "USER_CLIENT_PROBES": "1",
                "USER_CLIENT_CACHE_TTL_S": "2",
                "USER_CLIENT_CACHE_MAX": "7",
                "USER_CLIENT_STALE_IF_ERROR_S": "9",
            }
        ),
        stale_if_error_s=1,
    )
    retry, breaker, cache = settings.retry, settings.breaker, settings.cache
    assert (retry.attempts, retry.backoff_s, retry.cap_s) == (4, 0.1, 0.3)
    assert (retry.attempt_timeout_s, retry.deadline_s) == (0.5, 3)
    assert (breaker.failures, breaker.open_s, breaker.successes) == (6, 1.5, 2)
    assert breaker.probe_limit == 1
    assert (cache.ttl_s, cache.max_entries, cache.stale_if_error_s) == (2, 7, 9)


def test_a_try_longer_than_the_deadline_is_refused_by_name() -> None:
    wrong = {"USER_CLIENT_DEADLINE_S": "2", "USER_CLIENT_ATTEMPT_TIMEOUT_S": "3"}
    with pytest.raises(UsageError, match="USER_CLIENT_ATTEMPT_TIMEOUT_S='3'"):
        read_user_client(Environment(wrong))
