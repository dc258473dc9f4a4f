"""Waits that are declared by the name of the library that makes them."""

import pytest
from pydantic import ValidationError

from seatrial.config import LIBRARIES, DeclaredRetry


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_can_be_declared_with_attempts_and_a_wait_alone(library: str) -> None:
    declared = DeclaredRetry.model_validate({"like": library, "attempts": 3, "backoff_s": 0.1})
    assert len(declared.waits_s()) == 2


def test_urllib3_waits_for_nothing_and_then_for_twice_its_factor() -> None:
    declared = DeclaredRetry.model_validate({"like": "urllib3", "attempts": 4, "backoff_s": 0.1})
    assert declared.waits_s() == pytest.approx((0, 0.2, 0.4))


def test_what_is_declared_goes_over_what_the_library_fixes() -> None:
    said = {"like": "tenacity", "attempts": 3, "backoff_s": 0.1}
    assert DeclaredRetry.model_validate(said | {"jitter": "none"}).jitter_s is None
    assert DeclaredRetry.model_validate(said | {"jitter_s": 0.2}).jitter_s == 0.2
    assert DeclaredRetry.model_validate(said | {"growth": 3.0}).growth == 3.0


def test_a_library_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(ValidationError, match="urllib3"):
        DeclaredRetry.model_validate({"like": "urllib4", "attempts": 3})
