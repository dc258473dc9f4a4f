"""For how long a breaker remembers failures, from pauses after which more of them opened it."""

import pytest

from seatrial.infer.experiments.rate import Rate
from seatrial.infer.experiments.window import Window
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known

FAILURES = 5
OPENS = {
    "breaker": Inferred.measured(True, "", observations=2, low=FAILURES, high=FAILURES),
    "breaker.failures": Inferred.undecided("a rate"),
    "breaker.order": Inferred.measured("around-retry", "", observations=1),
}


def paused(pause_s: float, window_s: float, *, late_s: float = 0.0) -> Trial:
    planted = PlantedTrial("paused")
    began_s = planted.now_s
    for _ in range(FAILURES - 1):
        planted.call(0.001)
    planted.wait(pause_s).call(0.001).call(0.001)
    planted.wait(late_s)
    planted.silent() if pause_s < window_s and not late_s else planted.good()
    return planted.trial(before=FAILURES - 1, from_s=began_s - 0.01, open_s=1.0)


def concluded(*pauses_s: float, window_s: float) -> Inferred:
    seen = [paused(one, window_s) for one in pauses_s]
    return Window().conclude(seen, known(OPENS)).parameters["breaker.rate.window_s"]


def test_pauses_close_to_each_other_show_the_window() -> None:
    found = concluded(6.0, 2.0, 3.9, 4.1, window_s=4.0)
    assert found.is_measured
    assert (found.low or 0) <= 4.0 <= (found.high or 0)


def test_pauses_far_from_each_other_bound_it() -> None:
    found = concluded(6.0, 2.0, window_s=4.0)
    assert (found.certainty, (found.low or 0) < 4 < (found.high or 0)) == (Certainty.BOUNDED, True)


def test_failures_that_count_after_the_longest_pause_bound_it_from_below() -> None:
    found = concluded(6.0, window_s=60.0)
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)


def test_a_call_that_comes_after_the_open_time_does_not_show_that_failures_were_forgotten() -> None:
    seen = [paused(2.0, 4.0), paused(3.0, 4.0, late_s=1.5)]
    found = Window().conclude(seen, known(OPENS)).parameters["breaker.rate.window_s"]
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)


def test_a_window_that_is_not_always_as_long_is_undecided() -> None:
    seen = [paused(3.0, 4.0), paused(2.0, 1.0)]
    found = Window().conclude(seen, known(OPENS)).parameters["breaker.rate.window_s"]
    assert found.certainty is Certainty.UNDECIDED


@pytest.mark.parametrize(("counted", "low"), [(Certainty.MEASURED, 5), (Certainty.UNDECIDED, 1)])
def test_it_takes_a_breaker_that_remembers_more_than_a_row(counted: Certainty, low: int) -> None:
    failures = Inferred(counted, "", 5)
    breaker = Inferred.measured(True, "", observations=2, low=low, high=low)
    before = OPENS | {"breaker": breaker, "breaker.failures": failures}
    assert Window().skipped(known(before))
    assert Window().skipped(known(OPENS)) is None


def test_a_window_of_time_is_not_taken_for_one_of_calls() -> None:
    """Half of the calls of 4 s, and of 6 at least, each of 0.5 s: as 16 calls would make it."""
    seen = []
    for good, failed in {1: 5, 4: 4, 8: 8, 12: 8, 24: 8, 60: 8}.items():
        planted = PlantedTrial("opened")
        for _ in range(failed):
            planted.call(0.001)
        seen.append(planted.silent().trial(good=good, silent=1, took_s=0.5 * failed + 0.1))
    window = Inferred.measured(4.0, "", observations=6, low=3.9, high=4.05)
    names = ("breaker.rate.window_calls", "breaker.rate.minimum_calls")
    of_calls = Rate().conclude(seen, known(OPENS)).parameters
    assert {of_calls[name].certainty for name in names} == {Certainty.UNDECIDED}
    of_time = Rate().conclude(seen, known(OPENS | {"breaker.rate.window_s": window})).parameters
    assert not any(of_time[name].is_measured for name in names)
