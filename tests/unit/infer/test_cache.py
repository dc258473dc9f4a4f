"""What is concluded about a cache from calls that were answered without the provider."""

from dataclasses import replace

from seatrial.infer.experiment import Known
from seatrial.infer.experiments.cache import Cache
from seatrial.infer.experiments.entries import Entries
from seatrial.infer.parameters import Behaviour, Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known

AGES = tuple(0.05 * 1.3**place for place in range(20))


def ages(ttl_s: float, ages_s: tuple[float, ...] = AGES, label: str = "ages") -> Trial:
    planted = PlantedTrial(label)
    expired = 0
    for number, age_s in enumerate(ages_s):
        entity = f"u-{number}"
        planted.good(entity=entity).wait(age_s - 0.001)
        served = age_s < ttl_s
        planted.good(entity=entity, sent=0 if served else 1)
        expired = 0 if served else expired + 1
        if expired == 3:
            break
    return planted.trial()


def flight(sent: int, *, asked: int = 8, apart: int = 8, whole: bool = True) -> Trial:
    planted = PlantedTrial("flight")
    for number in range(asked):
        planted.good(entity="one", sent=int(number < sent))
    return planted.trial(whole=whole, apart=apart, waiting=sent)


def concluded(*trials: Trial) -> dict[str, Inferred]:
    return dict(Cache().conclude(trials, known()).parameters)


def test_the_age_from_which_entries_are_asked_for_again_is_bracketed() -> None:
    narrowed = ages(1.0, tuple(0.9 + 0.01 * place for place in range(20)), "narrowed")
    found = concluded(ages(1.0), narrowed)["cache.ttl_s"]
    assert found.is_measured
    assert (found.low or 0) <= 1.0 <= (found.high or 0)


def test_a_wide_bracket_is_bounded() -> None:
    assert concluded(ages(1.0))["cache.ttl_s"].certainty is Certainty.BOUNDED


def test_entries_that_outlive_patience_bound_it_from_below() -> None:
    found = concluded(ages(100.0))["cache.ttl_s"]
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)


def alone(*, served: bool, label: str = "alone") -> Trial:
    planted = PlantedTrial(label).good(entity="a").wait(1.2)
    return planted.good(entity="a", sent=int(not served)).trial()


def test_an_entry_that_is_served_for_longer_without_others_was_given_up_for_them() -> None:
    narrowed = ages(1.0, tuple(0.9 + 0.01 * place for place in range(20)), "narrowed")
    found = concluded(ages(1.0), narrowed, alone(served=True))["cache.ttl_s"]
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)
    assert (found.low or 0) >= 1.2
    assert concluded(ages(1.0), narrowed, alone(served=False))["cache.ttl_s"].is_measured


def test_answers_that_are_asked_for_again_at_once_show_that_there_is_none() -> None:
    assert concluded(ages(0.0))["cache"].certainty is Certainty.ABSENT


def test_answers_that_are_asked_for_again_after_a_while_do_not() -> None:
    late = tuple(0.5 + place for place in range(5))
    assert concluded(ages(0.0, late))["cache"].certainty is Certainty.UNDECIDED


def test_a_404_that_is_asked_for_late_is_bounded() -> None:
    late = ages(0.0, (0.5, 0.6, 0.7), "missing")
    found = concluded(ages(1.0), late)["cache.missing_ttl_s"]
    assert (found.certainty, found.low) == (Certainty.BOUNDED, 0.0)


def test_a_404_that_is_asked_for_again_at_once_is_not_kept() -> None:
    assert concluded(ages(1.0), ages(0.0, label="missing"))["cache.missing_ttl_s"].value == 0.0


def test_one_request_for_all_is_a_single_flight() -> None:
    assert concluded(ages(1.0), flight(1), flight(1))["cache.single_flight"].value is True


def test_a_request_for_each_is_none() -> None:
    assert concluded(ages(1.0), flight(8), flight(8))["cache.single_flight"].value is False


def test_a_number_between_is_undecided() -> None:
    found = concluded(ages(1.0), flight(1), flight(2))["cache.single_flight"]
    assert found.certainty is Certainty.UNDECIDED


def test_calls_that_wait_for_each_other_anyway_say_nothing() -> None:
    found = concluded(ages(1.0), flight(1, apart=1))["cache.single_flight"]
    assert found.certainty is Certainty.UNDECIDED


def test_calls_that_were_not_in_flight_together_say_nothing() -> None:
    found = concluded(ages(1.0), flight(1, whole=False))["cache.single_flight"]
    assert found.certainty is Certainty.UNDECIDED


KEPT = {
    "cache": Inferred.measured(True, "", observations=9),
    "cache.ttl_s": Inferred.measured(1.0, "", observations=9, low=0.98, high=1.02),
}


def entries(*trials: Trial) -> dict[str, Inferred]:
    return dict(Entries().conclude(trials, known(KEPT)).parameters)


def many(served: int, of: int = 20) -> Trial:
    planted = PlantedTrial("many")
    for number in range(of):
        planted.good(entity=f"u-{number}")
    for number in reversed(range(of)):
        planted.good(entity=f"u-{number}", sent=int(number < of - served))
    return planted.trial(kept=of, ttl_s=60)


def test_the_newest_that_are_served_are_the_bound() -> None:
    assert entries(many(12))["cache.max_entries"].value == 12


def test_entries_that_are_all_served_bound_it_from_below() -> None:
    found = entries(many(20))["cache.max_entries"]
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 20, None)


def used(*, served: bool) -> Trial:
    planted = PlantedTrial("sliding").good(entity="u").wait(0.7).good(entity="u", sent=0)
    planted.wait(0.6).good(entity="u", sent=int(not served))
    return planted.trial(since_use_s=0.6, ttl_s=0.98)


def test_an_entry_that_use_renews_is_sliding() -> None:
    assert entries(used(served=True))["cache.sliding"].value is True
    assert entries(used(served=False))["cache.sliding"].value is False


def test_a_failure_that_looks_good_leaves_staleness_undecided() -> None:
    before = known(KEPT)
    masked = before.plus(Known({}, {"503": Behaviour(answer="good (200)")}))
    found = Entries().conclude([while_open(True, True)], masked).parameters
    assert found["cache.serves_while_open"].certainty is Certainty.UNDECIDED


def stale(*ages_s: float, limit_s: float) -> Trial:
    planted = PlantedTrial("stale")
    for number in range(len(ages_s)):
        planted.good(entity=f"u-{number}")
    loaded_s = planted.now_s
    for number, age_s in enumerate(ages_s):
        planted.wait(max(0.0, loaded_s + 1 + age_s - planted.now_s))
        outcome = "stale" if age_s < limit_s else "failed"
        planted.call(0.001, entity=f"u-{number}", outcome=outcome)  # type: ignore[arg-type]
    return planted.trial(loaded=len(ages_s))


def test_an_expired_entry_that_is_served_while_the_provider_fails_is_bracketed() -> None:
    found = entries(stale(0.1, 0.5, 0.9, 1.2, 1.6, limit_s=1.0))["cache.stale_if_error_s"]
    assert (found.low or 0) <= 1.0 <= (found.high or 0)


def test_a_second_look_between_the_bounds_narrows_them() -> None:
    coarse = stale(0.1, 0.5, 0.9, 1.6, limit_s=1.0)
    assert entries(coarse)["cache.stale_if_error_s"].certainty is Certainty.BOUNDED
    fine = stale(0.95, 0.98, 1.01, 1.04, limit_s=1.0)
    found = entries(coarse, replace(fine, label="stale-narrowed"))["cache.stale_if_error_s"]
    assert found.is_measured
    assert (found.low or 0) <= 1.0 <= (found.high or 0)


def test_an_expired_entry_that_is_never_served_is_none() -> None:
    assert entries(stale(0.1, 0.2, limit_s=0.0))["cache.stale_if_error_s"].value == 0.0


def test_an_expired_entry_that_was_asked_for_late_bounds_it() -> None:
    found = entries(stale(0.5, 0.8, limit_s=0.0))["cache.stale_if_error_s"]
    assert (found.certainty, found.low) == (Certainty.BOUNDED, 0.0)


def while_open(*served: bool) -> Trial:
    planted = PlantedTrial("open")
    for number in range(len(served)):
        planted.good(entity=f"u-{number}")
    for number, one in enumerate(served):
        planted.good(entity=f"u-{number}", sent=0) if one else planted.silent(entity=f"u-{number}")
    return planted.trial()


def test_fresh_entries_while_the_breaker_is_open() -> None:
    assert entries(while_open(True, True))["cache.serves_while_open"].value is True
    assert entries(while_open(False, False))["cache.serves_while_open"].value is False
    found = entries(while_open(True, False))["cache.serves_while_open"]
    assert found.certainty is Certainty.UNDECIDED


def test_a_404_that_was_kept_once_is_never_said_not_to_be() -> None:
    before = known().plus(Known({}, {"404": Behaviour(cached=True)}))
    seen = [ages(1.0), ages(0.0, label="missing")]
    found = Cache().conclude(seen, before).parameters["cache.missing_ttl_s"]
    assert found.certainty is Certainty.UNDECIDED


def test_calls_that_follow_at_once_show_that_nothing_is_kept() -> None:
    found = concluded(ages(0.0, (0.01,) * 4, "soon-ages"), ages(0.0, (0.01,) * 4, "soon-missing"))
    assert found["cache"].certainty is Certainty.ABSENT
    assert found["cache.missing_ttl_s"].value == 0.0
