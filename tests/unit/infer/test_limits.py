"""What is concluded about a retry budget and about places for concurrent requests."""

from seatrial.infer.experiments.budget import Budget
from seatrial.infer.experiments.concurrency import Concurrency
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known


def storm(label: str, allowed: int, *, before: int, calls: int = 120) -> Trial:
    """Calls of three attempts; a few more of them when the allowed further ones are spent."""
    planted = PlantedTrial(label)
    left, after = allowed, 0
    for _ in range(calls):
        further = min(2, left)
        left -= further
        if further == 2:
            planted.good(sent=3)
        else:
            planted.call(*[0.001] * (1 + further))
            after += 1
            if after == 12:
                break
    return planted.trial(attempts=3, before=before, batch=10)


def budget(fresh: Trial, earned: Trial) -> dict[str, Inferred]:
    return dict(Budget().conclude([fresh, earned], known()).parameters)


def test_two_sizes_bound_the_ratio_and_the_floor() -> None:
    # 50 further attempts, and one for every five calls.
    found = budget(storm("fresh", 55, before=1), storm("earned", 78, before=101))
    assert found["retry.budget"].value is True
    ratio, floor = found["retry.budget.ratio"], found["retry.budget.floor"]
    assert (ratio.low or 0) <= 0.2 <= (ratio.high or 0)
    assert (floor.low or 0) <= 50 <= (floor.high or 0) + 1


def test_further_attempts_that_are_all_sent_show_that_there_is_none() -> None:
    found = budget(storm("fresh", 999, before=1), storm("earned", 999, before=101))
    assert {one.certainty for one in found.values()} == {Certainty.ABSENT}


def test_a_storm_that_takes_long_does_not_show_that_there_is_none() -> None:
    planted = PlantedTrial("fresh")
    for _ in range(120):
        planted.good(sent=3).wait(0.2)
    fresh = planted.trial(attempts=3, before=1, batch=10)
    found = budget(fresh, storm("earned", 999, before=101))
    assert found["retry.budget"].certainty is Certainty.UNDECIDED


def test_one_size_that_is_cut_says_no_ratio() -> None:
    found = budget(storm("fresh", 55, before=1), storm("earned", 999, before=101))
    assert found["retry.budget"].value is True
    assert found["retry.budget.ratio"].certainty is Certainty.UNDECIDED


def test_calls_that_a_slow_machine_ends_late_are_not_denied() -> None:
    """As seen: a connection pool ran out, and attempts timed out before they were sent."""
    planted = PlantedTrial("fresh")
    for number in range(60):
        if number % 3:
            planted.good(sent=3)
        else:
            planted.call(0.001, took_s=0.8)
    fresh = planted.trial(attempts=3, before=1, batch=10)
    found = budget(fresh, storm("earned", 999, before=101))
    assert found["retry.budget"].certainty is Certainty.UNDECIDED


def test_calls_that_were_granted_theirs_before_others_were_denied_change_nothing() -> None:
    """As seen: in a batch of nine, six had all their attempts and three did not; all later none."""
    planted = PlantedTrial("fresh")
    for _ in range(3):
        planted.call(0.001, 0.001, waits_s=(0.1,))
    for _ in range(6):
        planted.now_s = 100.01
        planted.call(0.001, 0.001, 0.001, waits_s=(0.1, 0.2), status=200, outcome="good")
    for number in range(9):  # two of them ended late
        planted.call(0.001, took_s=0.2 if number < 4 else None)
    fresh = planted.trial(attempts=3, before=1, batch=9)
    found = budget(fresh, storm("earned", 15, before=101))
    assert found["retry.budget"].value is True


def test_calls_that_fail_with_all_their_attempts_say_nothing() -> None:
    planted = PlantedTrial("fresh").good(sent=3).call(0.001, 0.001, 0.001)
    found = budget(planted.trial(attempts=3, before=1, batch=10), storm("earned", 999, before=101))
    assert found["retry.budget"].certainty is Certainty.UNDECIDED


def test_a_breaker_that_counts_attempts_leaves_the_budget_to_be_looked_for() -> None:
    """As many calls at once don't open it: it must be known how many attempts do."""
    inside = {
        "breaker": Inferred.measured(True, "", observations=2, low=3, high=3),
        "breaker.order": Inferred.measured("inside-retry", "", observations=2),
        "breaker.failures": Inferred.measured(7, "", observations=2),
    }
    assert Budget().skipped(known(inside)) is None
    assert Budget().skipped(known(inside | {"breaker.failures": Inferred.undecided("")}))
    assert Budget().skipped(known(inside | {"breaker.order": Inferred.undecided("")}))


def many(waiting: int, *, done: int = 0, of: int = 60) -> Trial:
    planted = PlantedTrial("many")
    for _ in range(of):
        planted.good()
    return planted.trial(waiting=waiting, done=done, released_s=0)


def places(*trials: Trial) -> dict[str, Inferred]:
    return dict(Concurrency().conclude(trials, known()).parameters)


def test_all_requests_under_way_at_once_show_no_limit() -> None:
    assert places(many(60), many(60))["concurrency.limit"].certainty is Certainty.ABSENT


def test_the_same_number_twice_may_be_what_a_busy_machine_was_seen_to_send() -> None:
    assert not places(many(48), many(48))["concurrency.limit"].is_measured


def test_the_same_number_each_time_is_the_limit() -> None:
    found = places(many(10), many(10), many(10))
    assert found["concurrency.limit"].value == 10
    assert found["concurrency.queue"].certainty is Certainty.BOUNDED


def test_calls_that_are_turned_away_bound_the_queue() -> None:
    seen = [many(10, done=30)] * 3
    assert places(*seen)["concurrency.queue"].value == 20


def test_another_number_the_second_time_is_a_least_one() -> None:
    found = places(many(10), many(14))["concurrency.limit"]
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 14, None)
