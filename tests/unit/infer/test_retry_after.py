"""What is concluded from waits that the provider asked for."""

from seatrial.infer.experiments.retry_after import RetryAfter
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known

BOUNDED = {
    "retry.backoff_s": Inferred.measured(0.1, "", observations=9, low=0.09, high=0.11),
    "retry.deadline_s": Inferred.bounded("", observations=2, low=60.0),
}
UNBOUNDED = BOUNDED | {"retry.deadline_s": Inferred.bounded("", observations=2, low=2.0)}


def lengths(waited_s: dict[int, float | None]) -> Trial:
    """Calls that were asked to wait, and waited so long; None: they ended at once."""
    planted = PlantedTrial("lengths")
    for asked_s, one in waited_s.items():
        if one is None:
            planted.call(0.001, entity=f"u-{asked_s}", status=429)
        else:
            planted.call(
                0.001, 0.001, waits_s=(one,), entity=f"u-{asked_s}", status=200, outcome="good"
            )
    return planted.trial(by_entity={f"u-{asked_s}": float(asked_s) for asked_s in waited_s})


def by_date(waited_s: float) -> Trial:
    planted = PlantedTrial("date")
    planted.call(0.001, 0.001, waits_s=(waited_s,), status=200, outcome="good")
    return planted.trial(asked_s=1.2)


def concluded(*trials: Trial, before: dict[str, Inferred] | None = None) -> dict[str, Inferred]:
    return dict(RetryAfter().conclude(trials, known(before or BOUNDED)).parameters)


def test_the_longest_that_is_waited_for_is_the_cap() -> None:
    found = concluded(lengths({1: 1.01, 2: 2.0, 3: 3.02, 4: None, 5: None, 3600: None}))
    assert found["retry.retry_after_s"].value is True
    assert found["retry.retry_after_cap_s"].value == 3


def test_a_deadline_may_have_ended_the_longer_ones() -> None:
    waited: dict[int, float | None] = {1: 1.0, 2: 2.0, 3: 3.0, 4: None}
    found = concluded(lengths(waited), before=UNBOUNDED)["retry.retry_after_cap_s"]
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 3, None)


def test_a_longer_one_that_is_waited_for_in_part_shows_the_cap() -> None:
    found = concluded(lengths({1: 1.0, 2: 2.0, 3: 2.5, 4: 2.51, 3600: 2.5}))
    assert found["retry.retry_after_cap_s"].value == 2.5


def test_attempts_that_come_sooner_ignore_it() -> None:
    found = concluded(lengths({1: 0.08, 2: 0.02, 3600: 0.1}))
    assert found["retry.retry_after_s"].certainty is Certainty.ABSENT


def test_calls_that_all_end_at_once_say_nothing() -> None:
    found = concluded(lengths({1: None, 2: None, 3600: None}))
    assert found["retry.retry_after_s"].certainty is Certainty.UNDECIDED


def test_a_date_is_understood_or_not() -> None:
    assert concluded(by_date(1.6))["retry.retry_after_dates"].value is True
    assert concluded(by_date(0.1))["retry.retry_after_dates"].value is False
    found = concluded(by_date(1.0))["retry.retry_after_dates"]
    assert found.certainty is Certainty.UNDECIDED


def stretched(*lives_s: float) -> Trial:
    """A late answer that asks for 3 s, and then attempts without an answer."""
    planted = PlantedTrial("stretched").call(0.001, *lives_s, waits_s=(3.5,), given_up=True)
    return planted.trial(timeout_s=1.0)


def test_a_call_that_is_cut_within_an_attempt_twice_shows_its_deadline() -> None:
    found = concluded(stretched(0.5), stretched(0.5), before=UNBOUNDED)["retry.deadline_s"]
    assert found.value == 4.001


def test_a_call_whose_attempts_are_whole_bounds_its_deadline() -> None:
    found = concluded(stretched(1, 1), stretched(1, 1), before=UNBOUNDED)["retry.deadline_s"]
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)


def test_a_call_that_is_under_way_when_patience_ends_bounds_the_deadline() -> None:
    planted = PlantedTrial("stretched").call(0.5, 1.0, waits_s=(3.0,), took_s=6.0, status=None)
    under_way = planted.trial(timeout_s=1.0)
    waited: dict[int, float | None] = {1: 1.0, 2: 2.0, 3: 3.0, 4: None, 5: None}
    found = concluded(under_way, under_way, lengths(waited), before=UNBOUNDED)
    assert found["retry.deadline_s"].high is None
    assert (found["retry.deadline_s"].low or 0) > 5.9
    assert found["retry.retry_after_cap_s"].value == 3


def test_a_call_that_sees_no_time_for_another_wait_was_not_cut() -> None:
    """As of the reference client: its last attempt was answered, and asks for more than is left."""
    trials = [
        PlantedTrial("stretched").call(0.5, 0.5, waits_s=(3.5,)).trial(timeout_s=1.0)
        for _ in range(2)
    ]
    found = concluded(*trials, before=UNBOUNDED)["retry.deadline_s"]
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)
