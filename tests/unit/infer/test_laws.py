"""The law of waits, found from samples of known laws."""

import random
from collections.abc import Callable

import pytest

from seatrial.infer.laws import fit

SEEDS = range(60)


def waits(law: str, rng: random.Random, count: int = 72, longest_s: float = 0.4) -> list[float]:
    laws: dict[str, Callable[[], float]] = {
        "none": lambda: longest_s + rng.uniform(0, 0.006),
        "full": lambda: rng.uniform(0, longest_s),
        "equal": lambda: rng.uniform(longest_s / 2, longest_s),
        "additive": lambda: rng.uniform(longest_s * 0.8, longest_s),
    }
    return [laws[law]() for _ in range(count)]


@pytest.mark.parametrize("law", ["none", "full", "equal", "additive"])
def test_a_law_is_never_taken_for_another(law: str) -> None:
    found = {fit(waits(law, random.Random(seed))).law for seed in SEEDS}
    assert found <= {law, "unknown"}


@pytest.mark.parametrize("law", ["none", "full", "equal", "additive"])
def test_a_law_is_nearly_always_found_and_its_longest_wait_within_a_tenth(law: str) -> None:
    fits = [fit(waits(law, random.Random(seed))) for seed in SEEDS]
    right = [one for one in fits if one.law == law and abs(one.longest_s - 0.4) <= 0.04]
    assert len(right) >= 0.9 * len(fits)


def test_few_waits_with_jitter_say_no_law() -> None:
    assert fit([0.1, 0.25, 0.31, 0.02]).law == "unknown"


def test_an_exponential_law_is_none_of_ours() -> None:
    rng = random.Random(4)
    assert fit([rng.expovariate(4) for _ in range(200)]).law == "unknown"
