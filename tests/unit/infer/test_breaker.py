"""What is concluded about a breaker from calls that fail, and from those that send nothing."""

import random

import pytest

from seatrial.infer.experiment import Known
from seatrial.infer.experiments.breaker import Breaker
from seatrial.infer.experiments.half_open import HalfOpen
from seatrial.infer.experiments.rate import Rate, _fitted
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.rates import laws_of
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known, value_of


def opened(
    failures: int,
    *,
    attempts: int = 1,
    open_s: float = 1.0,
    label: str = "alone",
    step_s: float = 0.02,
) -> Trial:
    planted = PlantedTrial(label)
    for _ in range(failures):
        planted.call(*[0.001] * attempts)
    planted.silent()
    tripped = planted.made
    until_s = planted.now_s + open_s
    while planted.now_s < until_s:
        planted.silent().wait(step_s)
    planted.good()
    return planted.trial(tripped=tripped, reopened=1)


def interrupted(failures: int, *, opens: bool, attempts: int = 1, late_s: float = 0.0) -> Trial:
    planted = PlantedTrial("interrupted")
    for _ in range(failures - 1):
        planted.call(*[0.001] * attempts)
    planted.good()
    for _ in range(failures - 1):
        planted.call(*[0.001] * attempts)
    planted.wait(late_s)
    planted.silent() if opens else planted.good()
    return planted.trial(failed=failures)


def practised(failures: int, *, attempts: int = 1) -> Trial:
    """It opens after as many failures when good calls were made before."""
    planted = PlantedTrial("practised")
    for _ in range(failures):
        planted.call(*[0.001] * attempts)
    planted.silent()
    return planted.trial(tripped=planted.made)


def concluded(*trials: Trial, attempts: int = 1, practice: int | None = 5) -> dict[str, Inferred]:
    after = [practised(practice, attempts=attempts)] if practice else []
    found = Breaker().conclude([*trials, *after], known(attempts=attempts))
    return dict(found.parameters)


def test_a_breaker_that_needs_more_failures_after_good_calls_looks_at_a_rate() -> None:
    """As of opossum with half of the calls: after one good call two failures open it."""
    found = concluded(opened(2), opened(2, label="again"), interrupted(2, opens=False), practice=25)
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED
    assert found["breaker"].value is True


def test_one_failure_that_opens_it_may_be_a_rate_as_well() -> None:
    found = concluded(opened(1), opened(1, label="again"), practice=24)
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED
    found = concluded(opened(1), opened(1, label="again"), practice=1)
    assert found["breaker.failures"].value == 1


def test_a_call_that_comes_after_the_open_time_shows_no_failures_in_a_row() -> None:
    late = interrupted(5, opens=False, late_s=1.5)
    found = concluded(opened(5), opened(5, label="again"), late)
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED


def test_failures_in_a_row_that_open_it_are_counted() -> None:
    found = concluded(opened(5), opened(5, label="again"), interrupted(5, opens=False))
    assert found["breaker.failures"].value == 5
    assert abs(value_of(found["breaker.open_s"]) - 1) < 0.05


def test_one_that_opens_although_a_success_lies_between_counts_no_row() -> None:
    found = concluded(opened(5), opened(5, label="again"), interrupted(5, opens=True))
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED


def test_without_the_interrupted_row_the_threshold_is_undecided() -> None:
    found = concluded(opened(5), opened(5, label="again"))
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED


def test_calls_or_attempts_stay_apart_until_the_order_is_known() -> None:
    trials = opened(5, attempts=3), opened(5, attempts=3, label="again")
    found = concluded(*trials, interrupted(5, opens=False, attempts=3), attempts=3)
    failures = found["breaker.failures"]
    assert (failures.certainty, failures.low, failures.high) == (Certainty.BOUNDED, 5, 15)


def test_a_call_that_is_cut_short_as_it_opens_shows_that_attempts_count() -> None:
    trials = []
    for label in ("alone", "again"):
        planted = PlantedTrial(label).call(0.001, 0.001, 0.001).call(0.001, 0.001).silent()
        planted.wait(0.9).silent().wait(0.1).good()
        trials.append(planted.trial(tripped=3, reopened=1))
    found = concluded(*trials, interrupted(2, opens=False, attempts=3), attempts=3, practice=2)
    assert found["breaker.order"].value == "inside-retry"
    assert found["breaker.failures"].value == 5


def burst(sent: int, of: int = 61, label: str = "burst") -> Trial:
    planted = PlantedTrial(label)
    for number in range(of):
        planted.call(0.001) if number < sent else planted.silent()
    return planted.trial()


def test_a_breaker_that_counts_lost_connections_alone_is_there() -> None:
    found = concluded(never_opened(), burst(61), burst(5, label="burst-closed"))
    assert found["breaker"].value is True
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED


def never_opened() -> Trial:
    planted = PlantedTrial("alone")
    for _ in range(12):
        planted.call(0.001)
    return planted.trial(tripped=12, reopened=0)


def test_many_calls_that_are_all_sent_show_that_there_is_none() -> None:
    both = burst(61), burst(61, label="burst-closed")
    assert concluded(never_opened(), *both)["breaker"].certainty is Certainty.ABSENT
    assert concluded(never_opened(), burst(61))["breaker"].certainty is Certainty.UNDECIDED


def test_a_few_calls_that_are_all_sent_do_not() -> None:
    assert concluded(never_opened())["breaker"].certainty is Certainty.UNDECIDED


def test_one_that_opens_after_many_opens_by_a_number_or_a_rate() -> None:
    found = concluded(never_opened(), burst(40))
    assert found["breaker"].value is True
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED


def test_a_number_of_failures_that_differs_is_undecided_but_not_that_it_opens() -> None:
    """As of a rate, on a service that runs already and was called before."""
    found = concluded(opened(5), opened(4, label="again"))
    assert found["breaker"].value is True
    assert (found["breaker"].low, found["breaker"].high) == (4, 5)
    assert abs(value_of(found["breaker.open_s"]) - 1) < 0.05
    assert found["breaker.failures"].certainty is Certainty.UNDECIDED


def test_one_that_opened_only_once_is_undecided() -> None:
    never = PlantedTrial("again")
    for _ in range(60):
        never.call(0.001)
    found = concluded(opened(5), never.trial(tripped=60, reopened=0))
    assert {one.certainty for one in found.values()} == {Certainty.UNDECIDED}


def test_an_open_time_that_was_looked_at_too_rarely_is_bounded() -> None:
    rare = [opened(5, label=label, step_s=0.4) for label in ("alone", "again")]
    found = concluded(*rare, interrupted(5, opens=False))["breaker.open_s"]
    assert found.certainty is Certainty.BOUNDED
    assert (found.low or 0) <= 1 <= (found.high or 0)


def test_a_breaker_that_stays_open_beyond_patience_is_bounded_from_below() -> None:
    planted = PlantedTrial("alone")
    for _ in range(5):
        planted.call(0.001)
    trial = planted.silent().wait(8).silent().trial(tripped=6, reopened=0)
    found = concluded(trial, interrupted(5, opens=False))["breaker.open_s"]
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)


OPENED = {
    "breaker": Inferred.measured(True, "", observations=2, low=5, high=5),
    "breaker.failures": Inferred.bounded("", observations=2, low=5, high=15),
    "breaker.open_s": Inferred.measured(1.0, "", observations=9, low=0.98, high=1.02),
}


def half_open(*trials: Trial) -> dict[str, Inferred]:
    return dict(HalfOpen().conclude(trials, known(OPENED)).parameters)


def batch(sent: int, of: int = 20) -> Trial:
    planted = PlantedTrial("batch")
    for _ in range(sent):
        planted.good()
    for _ in range(of - sent):
        planted.silent()
    return planted.trial(waiting=sent)


@pytest.mark.parametrize("sent", [1, 3, 19])
def test_probes_are_those_that_are_let_through_before_the_first_answer(sent: int) -> None:
    assert half_open(batch(sent))["breaker.probes"].value == sent


def test_a_batch_that_is_let_through_whole_shows_that_there_is_no_cap() -> None:
    assert half_open(batch(20))["breaker.probes"].certainty is Certainty.ABSENT


def test_a_batch_that_is_not_let_through_says_nothing() -> None:
    assert half_open(batch(0))["breaker.probes"].certainty is Certainty.UNDECIDED


def after_successes(successes: int, failures: int) -> Trial:
    planted = PlantedTrial(f"successes-{successes}")
    for _ in range(successes):
        planted.good()
    for _ in range(failures):
        planted.call(0.001)
    if failures < 6:
        planted.silent()
    return planted.trial(successes=successes, calls_to_open=5)


def test_successes_close_it_where_it_takes_as_many_failures_as_at_first() -> None:
    found = half_open(after_successes(1, 1), after_successes(2, 5), after_successes(3, 5))
    assert found["breaker.successes"].value == 2


def test_a_half_open_breaker_that_bears_two_failures_is_undecided() -> None:
    found = half_open(after_successes(1, 2), after_successes(2, 5))
    assert found["breaker.successes"].certainty is Certainty.UNDECIDED


def probe(sent: int, *, reopens: bool) -> Trial:
    planted = PlantedTrial("failed-probe").call(*[0.001] * sent)
    planted.silent() if reopens else planted.call(0.001)
    planted.wait(0.98).silent().wait(0.03).good()
    return planted.trial(reopened=1)


def test_a_probe_with_all_its_attempts_is_one_call_to_the_breaker() -> None:
    found = half_open(probe(3, reopens=True))
    assert found["breaker.order"].value == "around-retry"
    assert found["breaker.failures"].value == 5


def test_a_probe_that_is_cut_after_one_attempt_is_one_result() -> None:
    found = half_open(probe(1, reopens=True))
    assert found["breaker.order"].value == "inside-retry"
    assert found["breaker.failures"].value == 15


def test_a_failed_probe_that_does_not_open_it_says_no_order() -> None:
    found = half_open(probe(1, reopens=False))
    assert found["breaker.order"].certainty is Certainty.UNDECIDED


def test_a_breaker_that_closes_by_itself_needs_no_successes() -> None:
    """As seen: all goes through once its time is over, and as many failures as at first open it."""
    closed = PlantedTrial("successes-1").good()
    for _ in range(5):
        closed.call(0.001)
    by_itself = closed.silent().trial(successes=1, calls_to_open=5)
    assert half_open(by_itself)["breaker.successes"].value == 1
    found = half_open(by_itself, probe(1, reopens=False))["breaker.successes"]
    assert found.certainty is Certainty.UNDECIDED


def opened_by(rate: float, minimum: int, window: int | None, *, over: bool = False) -> Known:
    """Conclude from a breaker that opens at a rate, after each number of good calls."""
    trials = []
    for good in (1, 4, 8, 12, 24, 60):
        planted = PlantedTrial("opened")
        for _ in range(opens_after(good, rate + 1e-6 * over, minimum, window)):
            planted.call(0.001)
        trials.append(planted.silent().trial(good=good, silent=1, took_s=1.0))
    remembers = Inferred.bounded("", observations=1, low=6.0)
    return Rate().conclude(trials, known({"breaker.rate.window_s": remembers}))


@pytest.mark.parametrize("over", [False, True])
def test_the_rate_and_the_least_calls_are_told_apart(over: bool) -> None:
    found = opened_by(0.5, 10, None, over=over).parameters
    assert found["breaker.rate.failures"].value == 0.5
    assert found["breaker.rate.minimum_calls"].value == 10
    assert found["breaker.rate.window_calls"].high is None


def test_the_window_of_calls_shows_in_failures_that_good_calls_add_no_more_to() -> None:
    found = opened_by(0.6, 10, 20).parameters
    assert found["breaker.rate.failures"].value == 0.6
    window = found["breaker.rate.window_calls"]
    assert (window.low, window.high) == (19, 20)


def test_a_rate_that_shares_its_counts_with_others_is_bounded() -> None:
    found = opened_by(0.5, 5, 10).parameters["breaker.rate.failures"]
    assert found.certainty is Certainty.BOUNDED
    assert (found.low or 1) <= 0.5 <= (found.high or 0)


def test_a_number_of_failures_in_a_window_is_no_rate() -> None:
    found = _fitted({1: 5, 4: 5, 12: 5, 24: 5}, "")
    assert {one.certainty for one in found.values()} == {Certainty.UNDECIDED}


def test_counts_that_no_rate_explains_are_undecided() -> None:
    found = _fitted({1: 4, 4: 9, 12: 3, 24: 30}, "")
    assert {one.certainty for one in found.values()} == {Certainty.UNDECIDED}


def test_a_rate_of_calls_or_of_attempts_is_not_looked_for() -> None:
    seen = {
        "breaker": Inferred.measured(True, "", observations=2),
        "breaker.failures": Inferred.undecided(""),
        "breaker.order": Inferred.undecided(""),
    }
    assert "attempts" in (Rate().skipped(known(seen, attempts=3)) or "")
    assert Rate().skipped(known(seen, attempts=1)) is None


def opens_after(good: int, share: float, minimum: int, window: int | None) -> int:
    results = [False] * good
    while True:
        recent = results[-(window or len(results)) :]
        if len(recent) >= minimum and sum(recent) >= share * len(recent) - 1e-9:
            return len(results) - good
        results.append(True)


@pytest.mark.parametrize("seed", range(40))
def test_the_laws_of_counts_hold_the_one_that_made_them(seed: int) -> None:
    rng = random.Random(seed)
    share, minimum = rng.randint(10, 90) / 100, rng.randint(1, 30)
    window = rng.choice([None, rng.randint(minimum, 60)])
    failed = {
        good: count
        for good in (1, 4, 8, 12, 24, 60)
        if (count := opens_after(good, share, minimum, window))
    }
    assert any(law.share == share and law.window_calls in (window, None) for law in laws_of(failed))
