"""The inferred policy as TOML loads, and says no more than was seen."""

import tomllib
from typing import Any

from seatrial.config import DeclaredPolicy, DeclaredRetry
from seatrial.infer.experiment import Known
from seatrial.infer.parameters import Inferred
from seatrial.infer.policy import policy_toml


def measured(value: bool | float | str | tuple[int, ...]) -> Inferred:
    return Inferred.measured(value, "seen", observations=3)


RETRY = {
    "retry.attempts": measured(3),
    "retry.backoff_s": measured(0.1),
    "retry.growth": measured(2.0),
    "retry.jitter": measured("full"),
    "retry.attempt_timeout_s": measured(1.0),
    "retry.budget": measured(True),
    "retry.retry_after_dates": measured(True),
}
BREAKER = {
    "breaker": measured(True),
    "breaker.failures": measured(5),
    "breaker.open_s": measured(1.5),
    "breaker.open_growth": measured(1.0),
}


def loaded(parameters: dict[str, Inferred]) -> dict[str, Any]:
    found = tomllib.loads(policy_toml("card", Known(parameters)))["edges"]["card"]["policy"]
    DeclaredPolicy.model_validate(found)
    return dict(found)


def test_what_was_measured_is_declared() -> None:
    found = loaded(RETRY | BREAKER)
    assert found["retry"]["attempts"] == 3
    assert found["retry"]["backoff_s"] == 0.1
    assert found["breaker"] == {"failures": 5, "open_s": 1.5}


def test_what_the_policy_has_no_name_for_is_a_comment() -> None:
    found = loaded(RETRY | BREAKER)
    assert "budget" not in found["retry"]
    assert "open_growth" not in found["breaker"]
    assert "retry_after_dates" not in found["retry"]


def test_waits_that_are_a_librarys_own_are_declared_by_its_name() -> None:
    seen = {
        "retry.jitter": measured("additive"),
        "retry.jitter_s": Inferred.measured(0.97, "seen", observations=40, low=0.93, high=1.02),
    }
    found = loaded(RETRY | seen)["retry"]
    assert found == {
        "like": "tenacity",
        "attempts": 3,
        "backoff_s": 0.1,
        "attempt_timeout_s": 1.0,
    }
    assert DeclaredRetry.model_validate(found).jitter_s == 1.0
    at_once = {
        "retry.first_wait_s": measured(0.0),
        "retry.growth": Inferred.undecided("or a sum", value=2.0, low=1.9, high=2.1),
        "retry.jitter": measured("none"),
    }
    assert loaded(RETRY | at_once)["retry"]["like"] == "urllib3"
    other = seen | {"retry.jitter_s": measured(0.4)}
    assert "like" not in loaded(RETRY | other)["retry"]
    assert "like" not in loaded(RETRY)["retry"]  # full jitter is many libraries' own


def test_waits_are_not_declared_without_their_growth_and_law() -> None:
    found = loaded(RETRY | {"retry.growth": Inferred.undecided("noise")})
    assert {"backoff_s", "jitter", "growth"} & set(found["retry"]) == set()
    found = loaded(RETRY | {"retry.jitter": measured("additive")})
    assert "backoff_s" not in found["retry"]
    one_wait = {"retry.attempts": measured(2), "retry.growth": Inferred.undecided("one wait")}
    assert loaded(RETRY | one_wait)["retry"]["backoff_s"] == 0.1
    decorrelated = {"retry.jitter": measured("decorrelated"), "retry.growth": measured("no factor")}
    assert loaded(RETRY | decorrelated)["retry"]["backoff_s"] == 0.1


def test_what_explains_all_that_was_seen_is_declared_with_its_doubt() -> None:
    both = Inferred.undecided("a factor or a sum", value=2.0, low=1.97, high=2.03)
    assert loaded(RETRY | {"retry.growth": both})["retry"]["growth"] == 2.0
    assert "# undecided, a factor or a sum" in policy_toml(
        "card", Known(RETRY | {"retry.growth": both})
    )


def test_a_rate_is_a_section_of_the_breaker() -> None:
    rate = {
        "breaker.failures": Inferred.undecided("no row"),
        "breaker.rate.failures": measured(0.5),
        "breaker.rate.minimum_calls": measured(10),
        "breaker.rate.window_calls": measured(20),
    }
    assert loaded(BREAKER | rate)["breaker"]["rate"]["failures"] == 0.5


def test_a_section_that_lacks_what_it_needs_is_a_comment() -> None:
    found = loaded({"breaker": measured(True), "breaker.open_s": measured(1.5)})
    assert "breaker" not in found


def test_values_that_contradict_each_other_are_a_comment() -> None:
    found = loaded(RETRY | {"retry.deadline_s": measured(0.5)})
    assert "retry" not in found


def test_what_needs_a_cap_is_a_comment_without_one() -> None:
    seen = {
        "retry.attempts": Inferred.measured(3, "seen", observations=3),
        "retry.retry_after_over_cap": Inferred.measured("waits-less", "seen", observations=3),
    }
    retry = tomllib.loads(policy_toml("card", Known(seen)))["edges"]["card"]["policy"]["retry"]
    assert retry == {"attempts": 3}
