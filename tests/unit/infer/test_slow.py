"""Whether good answers that are slow open a breaker."""

from seatrial.infer.experiments.slow import NAME, Slow
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known

OPEN = {
    "breaker": Inferred.measured(True, "", observations=2, low=5, high=5),
    "breaker.open_s": Inferred.measured(1.0, "", observations=9, low=0.9, high=1.1),
}


def slow(*, opens: bool, late_s: float = 0.0, status: int = 200) -> Trial:
    planted = PlantedTrial("slow")
    for _ in range(20):
        planted.now_s = 100.0
        planted.call(0.4, status=status, outcome="good" if status == 200 else "failed")
    planted.wait(late_s)
    planted.silent() if opens else planted.good()
    return planted.trial(delay_s=0.4)


def concluded(seen: Trial) -> Inferred:
    return Slow().conclude([seen], known(OPEN)).parameters[NAME]


def test_slow_calls_that_open_it_bound_what_is_slow_from_above() -> None:
    found = concluded(slow(opens=True))
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 0.0, 0.4)


def test_slow_calls_that_do_not_bound_it_from_below() -> None:
    found = concluded(slow(opens=False))
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 0.4, None)


def test_a_look_that_comes_too_late_and_calls_that_fail_say_nothing() -> None:
    assert concluded(slow(opens=False, late_s=1.0)).certainty is Certainty.UNDECIDED
    assert concluded(slow(opens=True, status=503)).certainty is Certainty.UNDECIDED


def test_it_takes_a_breaker_that_stays_open() -> None:
    never = {name: Inferred.absent("", observations=9) for name in OPEN}
    assert Slow().skipped(known(never))
    assert Slow().skipped(known(OPEN)) is None
