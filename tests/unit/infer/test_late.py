"""What an open breaker makes of a call that began before it opened."""

from dataclasses import replace

from seatrial.infer.experiments.late import Late
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known

OPEN = {
    "breaker": Inferred.measured(True, "", observations=2, low=3, high=3),
    "breaker.open_s": Inferred.measured(1.0, "", observations=9, low=0.9, high=1.1),
}


def late(*, sent: int, after_s: float = 0.1, ended_well: bool = True) -> Trial:
    """Three failures open it, and then an earlier call ends."""
    planted = PlantedTrial("late").good(entity="late")
    for _ in range(3):
        planted.call(0.001)
    planted.silent().wait(after_s)
    ended_s = planted.now_s
    planted.good(sent=sent).good(sent=sent)
    trial = planted.trial()
    first = replace(trial.calls[0], ended_s=ended_s, outcome="good" if ended_well else "failed")
    return replace(trial, calls=(first, *trial.calls[1:]))


def concluded(*seen: Trial) -> Inferred:
    return Late().conclude(seen, known(OPEN)).parameters["breaker.late_results"]


def test_what_is_sent_after_a_late_success_shows_that_it_closed_the_breaker() -> None:
    assert concluded(late(sent=1), late(sent=1)).value == "close"


def test_nothing_sent_after_it_shows_that_it_was_ignored() -> None:
    assert concluded(late(sent=0), late(sent=0)).value == "ignored"


def test_two_that_differ_are_undecided() -> None:
    assert concluded(late(sent=0), late(sent=1)).certainty is Certainty.UNDECIDED


def test_what_is_sent_after_the_open_time_says_nothing() -> None:
    late_on = late(sent=1, after_s=1.0)
    assert concluded(late_on, late_on).certainty is Certainty.UNDECIDED


def test_a_late_call_that_failed_says_nothing() -> None:
    failed = late(sent=0, ended_well=False)
    assert concluded(failed, failed).certainty is Certainty.UNDECIDED


def test_it_takes_a_breaker_that_stays_open() -> None:
    never = {name: Inferred.absent("", observations=9) for name in OPEN}
    assert Late().skipped(known(never))
    assert Late().skipped(known(OPEN)) is None
