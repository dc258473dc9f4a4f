"""What is concluded from the waits between attempts."""

import random
from collections.abc import Callable

import pytest

from seatrial.infer.experiments.waits import Waits
from seatrial.infer.parameters import Certainty, Inferred
from tests.unit.infer.planted import PlantedTrial, known, value_of

Draw = Callable[[random.Random, float], float]
LAWS: dict[str, Draw] = {
    "none": lambda rng, wait_s: wait_s + rng.uniform(0, 0.003),
    "full": lambda rng, wait_s: rng.uniform(0, wait_s),
    "share": lambda rng, wait_s: wait_s * rng.uniform(1, 1.3),
    "sum": lambda rng, wait_s: wait_s + rng.uniform(0, 0.06),
    "equal": lambda rng, wait_s: rng.uniform(wait_s / 2, wait_s),
}


def concluded(
    law: str, waits_s: tuple[float, ...], *, calls: int = 72, late: int = 0
) -> dict[str, Inferred]:
    """Conclude from calls whose waits follow a law; some of them came late."""
    rng = random.Random(7)
    planted = PlantedTrial("waits")
    for number in range(calls):
        drawn = tuple(LAWS[law](rng, one) + 0.2 * (number < late) for one in waits_s)
        planted.call(*[0.001] * (len(waits_s) + 1), waits_s=drawn, status=200, outcome="good")
    return dict(Waits().conclude([planted.trial()], known()).parameters)


@pytest.mark.parametrize("law", ["none", "full", "equal"])
def test_base_growth_and_law_are_found(law: str) -> None:
    found = concluded(law, (0.2, 0.4))
    assert found["retry.jitter"].value == law
    assert abs(value_of(found["retry.backoff_s"]) - 0.2) < 0.02
    assert found["retry.growth"].value in (2.0, None)


def test_what_is_added_to_each_wait_is_told_from_a_share_of_it() -> None:
    found = concluded("share", (0.2, 0.6))
    assert found["retry.jitter"].value == "additive"
    assert abs(value_of(found["retry.backoff_s"]) - 0.2) < 0.02
    assert "retry.jitter_s" not in found
    found = concluded("sum", (0.2, 0.6))
    assert "retry.jitter_ratio" not in found


def test_waits_without_jitter_show_their_cap() -> None:
    found = concluded("none", (0.1, 0.2, 0.3, 0.3), calls=8)
    assert found["retry.growth"].value == 2.0
    assert abs(value_of(found["retry.cap_s"]) - 0.3) < 0.01


def test_one_wait_that_a_sum_explains_as_well_shows_no_cap() -> None:
    found = concluded("none", (0.1, 0.2, 0.3), calls=8)
    assert found["retry.cap_s"].certainty is Certainty.UNDECIDED
    assert found["retry.growth"].certainty is Certainty.UNDECIDED


def test_waits_that_grow_by_a_sum_have_no_factor() -> None:
    found = concluded("none", (0.1, 0.2, 0.3, 0.4), calls=8)
    assert found["retry.growth"].certainty is Certainty.UNDECIDED


def test_a_few_late_waits_do_not_make_a_jitter() -> None:
    found = concluded("none", (0.2, 0.4), calls=20, late=2)
    assert found["retry.jitter"].value == "none"
    assert abs(value_of(found["retry.backoff_s"]) - 0.2) < 0.01


def test_few_calls_say_nothing() -> None:
    found = concluded("full", (0.2, 0.4), calls=4)
    assert {one.certainty for one in found.values()} == {Certainty.UNDECIDED}


def test_waits_with_jitter_of_few_calls_are_bounded() -> None:
    found = concluded("full", (0.2, 0.4), calls=10)
    assert found["retry.jitter"].certainty is Certainty.UNDECIDED
    assert found["retry.backoff_s"].certainty is Certainty.BOUNDED


def test_a_factor_that_nobody_writes_is_not_rounded_to_one_that_people_do() -> None:
    assert concluded("none", (0.2, 0.36), calls=8)["retry.growth"].value == 1.8


def test_attempts_that_follow_at_once_have_no_law() -> None:
    found = concluded("none", (0.0, 0.0), calls=8)
    assert found["retry.jitter"].certainty is Certainty.UNDECIDED
    assert (found["retry.backoff_s"].high or 1) < 0.01
