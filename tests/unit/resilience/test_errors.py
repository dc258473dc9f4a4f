"""Typed errors: what they say, what they are, and that each waiter has its own."""

import copy
import pickle

import pytest

from seatrial.resilience import (
    BadAnswer,
    CircuitOpen,
    Classification,
    CutShort,
    NotSent,
    Operation,
    OutOfTime,
    Overloaded,
    ProviderFailed,
    Rejected,
    ServiceError,
    TimedOut,
    Unavailable,
    classify,
    errors,
)

ERRORS: list[ServiceError] = [
    Unavailable(status=502),
    TimedOut(),
    Overloaded(retry_after_s=3.0, status=429),
    BadAnswer("bad answer: id: missing"),
    Rejected(status=403),
    CutShort(),
    CircuitOpen(retry_after_s=2.5),
    OutOfTime(),
]


def kind(error: ServiceError) -> str:
    """A test's id."""
    return type(error).__name__


def test_the_tree_at_the_top_of_the_module_is_the_real_one() -> None:
    drawn = [
        line.split("─")[-1].split()[0]
        for line in (errors.__doc__ or "").splitlines()
        if "── " in line
    ]
    real = [each for each in vars(errors).values() if isinstance(each, type)]
    named = {each.__name__ for each in real if issubclass(each, ServiceError)}
    assert set(drawn) == named - {"ServiceError"}


def test_rejected_is_not_failed() -> None:
    assert not isinstance(Rejected(status=404), ProviderFailed)
    assert not isinstance(CircuitOpen(retry_after_s=1), ProviderFailed)
    assert [classify(error) for error in ERRORS] == [
        *[Classification.FAILURE] * 4,
        Classification.SUCCESS,
        *[Classification.NEUTRAL] * 3,
    ]


@pytest.mark.parametrize("error", ERRORS, ids=kind)
def test_every_error_says_service_operation_attempts_and_trace(error: ServiceError) -> None:
    error = copy.copy(error)
    Operation("user-service", "get_user", trace_id=lambda: "t-1").annotate(error)
    error.attempts = 3
    assert str(error) == f"user-service get_user: {error.reason} (attempts: 3, trace: t-1)"


def test_what_an_error_says_already_is_not_overwritten() -> None:
    error = Unavailable(service="inner", trace_id="t-0")
    Operation("outer", "call", trace_id=lambda: "t-1").annotate(error)
    assert (error.service, error.operation, error.trace_id) == ("inner", "call", "t-0")


@pytest.mark.parametrize("error", ERRORS, ids=kind)
def test_sent_or_not_shows_in_the_attempts(error: ServiceError) -> None:
    assert error.attempts == (0 if isinstance(error, NotSent) else 1)


@pytest.mark.parametrize("error", ERRORS, ids=kind)
def test_another_waiter_gets_an_equal_error_of_its_own(error: ServiceError) -> None:
    try:
        raise error from ValueError("cause")
    except ServiceError:
        twin = error.again()
    assert twin is not error
    assert type(twin) is type(error)
    assert vars(twin) == vars(error)
    assert str(twin) == str(error)
    assert twin.__cause__ is error.__cause__
    assert twin.__traceback__ is None


@pytest.mark.parametrize("error", ERRORS, ids=kind)
def test_an_error_survives_pickling(error: ServiceError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert type(again) is type(error)
    assert vars(again) == vars(error)
