"""What is concluded from the waits between attempts."""

import random
from collections.abc import Callable

import pytest

from seatrial.infer.experiments.waits import Waits, calls_together
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
    law: str, waits_s: tuple[float, ...], *, calls: int = 72, late: int = 0, seed: int = 7
) -> dict[str, Inferred]:
    """Conclude from calls whose waits follow a law; some of them came late."""
    rng = random.Random(seed)
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
    assert not found["retry.growth"].is_measured  # a sum explains it as well
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


def test_three_waits_tell_a_factor_from_a_sum() -> None:
    found = concluded("none", (0.1, 0.2, 0.4), calls=8)["retry.growth"]
    assert (found.certainty, found.value) == (Certainty.MEASURED, 2.0)


def test_a_cap_on_the_second_wait_hides_the_factor() -> None:
    found = concluded("none", (0.1, 0.15, 0.15, 0.15), calls=8)
    growth = found["retry.growth"]
    assert (growth.certainty, growth.value, growth.high) == (Certainty.UNDECIDED, 1.5, None)
    assert abs(value_of(found["retry.cap_s"]) - 0.15) < 0.01


def test_waits_that_do_not_grow_are_no_sum() -> None:
    assert concluded("none", (0.2, 0.2), calls=8)["retry.growth"].value == 1.0


def test_one_wait_from_half_of_its_longest_may_be_one_that_something_is_added_to() -> None:
    said = [concluded("equal", (0.2,), seed=seed)["retry.jitter"] for seed in range(5)]
    assert {one.certainty for one in said} == {Certainty.UNDECIDED}
    assert any("calls of more attempts would" in one.why for one in said)
    assert concluded("full", (0.2,))["retry.jitter"].value == "full"


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, wait_s: rng.expovariate(1 / wait_s),
        lambda rng, wait_s: abs(rng.gauss(0, wait_s)),
        lambda rng, wait_s: wait_s * rng.random() * rng.random(),
        lambda rng, wait_s: wait_s * rng.triangular(),
        lambda rng, wait_s: wait_s * rng.random() ** 2,
    ],
    ids=["exponential", "half-normal", "product", "triangular", "squared"],
)
@pytest.mark.parametrize("calls", [20, 40, 80])
def test_other_laws_are_not_said_to_be_uniform(
    monkeypatch: pytest.MonkeyPatch, draw: Draw, calls: int
) -> None:
    monkeypatch.setitem(LAWS, "other", draw)
    said = [
        concluded("other", (0.1, 0.2), calls=calls, seed=seed)["retry.jitter"] for seed in range(12)
    ]
    assert sum(one.is_measured for one in said) <= 1


def test_a_factor_that_nobody_writes_is_not_rounded_to_one_that_people_do() -> None:
    assert concluded("none", (0.2, 0.36), calls=8)["retry.growth"].value == 1.8


def test_attempts_that_follow_at_once_have_no_law() -> None:
    found = concluded("none", (0.0, 0.0), calls=8)
    assert found["retry.jitter"].certainty is Certainty.UNDECIDED
    assert (found["retry.backoff_s"].high or 1) < 0.01


def test_the_only_further_attempt_at_once_says_nothing_about_a_base() -> None:
    """As of urllib3, which leaves the first wait out whatever its factor is."""
    found = concluded("none", (0.0,), calls=8)["retry.backoff_s"]
    assert (found.certainty, found.high) == (Certainty.UNDECIDED, None)


def test_a_deadline_cuts_long_waits_sooner_so_that_the_rest_says_no_growth() -> None:
    rng = random.Random(3)
    planted = PlantedTrial("waits")
    for _ in range(72):
        first_s, second_s = rng.uniform(0, 0.1), rng.uniform(0, 0.25)
        if first_s + second_s < 0.25:
            planted.call(*[0.001] * 3, waits_s=(first_s, second_s), status=200, outcome="good")
        else:
            planted.call(*[0.001] * 2, waits_s=(first_s,), took_s=0.25)
    found = Waits().conclude([planted.trial(attempts=3)], known()).parameters
    assert found["retry.growth"].certainty is Certainty.UNDECIDED
    assert found["retry.jitter"].value == "full"
    assert abs(value_of(found["retry.backoff_s"]) - 0.1) < 0.02


def test_an_attempt_at_once_before_equal_waits_is_no_jitter() -> None:
    """As of requests with urllib3's Retry, on a machine that holds some threads up."""
    rng = random.Random(5)
    planted = PlantedTrial("waits")
    for _ in range(30):
        held_s = rng.expovariate(400)
        drawn = (held_s, 0.15 + held_s)
        planted.call(*[0.001] * 3, waits_s=drawn, status=200, outcome="good")
    found = Waits().conclude([planted.trial(attempts=3)], known()).parameters
    assert found["retry.jitter"].value == "none"
    assert found["retry.growth"].certainty is Certainty.UNDECIDED
    assert found["retry.first_wait_s"].value == 0.0


def test_the_base_of_an_attempt_at_once_is_read_from_later_waits() -> None:
    """As of urllib3 with a factor of 0.2."""
    found = concluded("none", (0.0, 0.4, 0.8, 1.6), calls=8)
    assert abs(value_of(found["retry.backoff_s"]) - 0.2) < 0.01
    assert (found["retry.first_wait_s"].value, found["retry.growth"].value) == (0.0, 2.0)
    found = concluded("none", (0.0, 0.4, 0.8), calls=8)
    assert found["retry.backoff_s"].certainty is Certainty.UNDECIDED
    assert abs(value_of(found["retry.backoff_s"]) - 0.2) < 0.01


def decorrelated(rng: random.Random, base_s: float) -> tuple[float, ...]:
    first_s = rng.uniform(base_s, 3 * base_s)
    return first_s, rng.uniform(base_s, 3 * first_s)


def test_waits_between_the_base_and_three_times_the_last_are_decorrelated() -> None:
    laws = []
    for seed in range(20):
        rng = random.Random(seed)
        planted = PlantedTrial("waits")
        for _ in range(80):
            waits_s = decorrelated(rng, 0.1)
            planted.call(*[0.001] * 3, waits_s=waits_s, status=200, outcome="good")
        found = Waits().conclude([planted.trial(attempts=3)], known()).parameters
        laws.append(found["retry.jitter"].value)
        assert laws[-1] is None or abs(value_of(found["retry.backoff_s"]) - 0.1) < 0.02
    assert set(laws) <= {"decorrelated", None}
    assert laws.count("decorrelated") >= 17


def test_noise_that_delays_both_waits_of_a_call_is_not_decorrelated() -> None:
    for seed in range(20):
        rng = random.Random(seed)
        planted = PlantedTrial("waits")
        for _ in range(80):
            busy_s = rng.uniform(0, 0.1)
            waits_s = (rng.uniform(0, 0.06) + busy_s, rng.uniform(0, 0.12) + busy_s)
            planted.call(*[0.001] * 3, waits_s=waits_s, status=200, outcome="good")
        found = Waits().conclude([planted.trial(attempts=3)], known()).parameters
        assert found["retry.jitter"].value != "decorrelated"


def test_a_jitter_of_a_tenth_is_one() -> None:
    rng = random.Random(2)
    planted = PlantedTrial("waits")
    for _ in range(80):
        waits_s = (0.1 * rng.uniform(1, 1.1), 0.2 * rng.uniform(1, 1.1))
        planted.call(*[0.001] * 3, waits_s=waits_s, status=200, outcome="good")
    found = Waits().conclude([planted.trial(attempts=3)], known()).parameters
    assert found["retry.jitter"].value != "none"


@pytest.mark.parametrize(("order", "together"), [("inside-retry", 3), ("around-retry", 6)])
def test_calls_at_once_open_no_breaker_that_counts_attempts(order: str, together: int) -> None:
    """As seen: six calls of three attempts opened one of seven failures, and no wait was seen."""
    breaker = {
        "breaker.order": Inferred.measured(order, "", observations=2),
        "breaker.failures": Inferred.measured(7, "", observations=2),
    }
    assert calls_together(known(breaker), 3) == together


def test_calls_after_a_spent_budget_hide_no_waits() -> None:
    """As seen: seven calls have all their attempts, and all later ones only their first."""
    planted = PlantedTrial("waits")
    for _ in range(7):
        waits_s = (0.1, 0.2)
        planted.call(0.001, 0.001, 0.001, waits_s=waits_s, status=200, outcome="good")
    planted.call(0.001, 0.001, waits_s=(0.1,))
    for _ in range(15):
        planted.call(0.001)
    for _ in range(15):
        planted.silent()  # a breaker that counts attempts opens then
    found = Waits().conclude([planted.trial(attempts=3)], known()).parameters
    assert found["retry.jitter"].value == "none"
    assert abs(value_of(found["retry.backoff_s"]) - 0.1) < 0.01
