"""How many failures at the same time open a breaker that as many in a row don't."""

from dataclasses import replace

from seatrial.infer.experiment import Known
from seatrial.infer.experiments.at_once import AtOnce
from seatrial.infer.experiments.half_open import HalfOpen
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known, value_of

OPENED = {"breaker": Inferred.measured(True, "of 60 calls 6 were sent", observations=60)}


def counted(failures: int, *, opens: bool, late_s: float = 0.0) -> Trial:
    planted = PlantedTrial("counted")
    for _ in range(failures):
        planted.call(0.001)
    planted.wait(late_s)
    planted.silent() if opens else planted.good()
    return planted.trial(failures=failures)


def opened(failures: int, open_s: float) -> Trial:
    """All of them fail in the same half second; then nothing is sent for the open time."""
    planted = PlantedTrial("opened")
    for _ in range(failures):
        planted.now_s = 100.0
        planted.call(0.5)
    until_s = planted.now_s + open_s
    planted.silent()
    tripped = planted.made
    while planted.now_s < until_s:
        planted.silent().wait(0.02)
    return planted.good().trial(tripped=tripped, reopened=1)


def concluded(*seen: Trial) -> Known:
    return AtOnce().conclude([*seen, opened(6, 1.5), opened(6, 1.5)], known(OPENED))


def test_the_fewest_that_open_it_are_said_with_the_open_time() -> None:
    opening = [counted(one, opens=one >= 6) for one in (40, 14, 27, 5, 9, 6, 7, 5, 6)]
    found = concluded(*opening)
    assert found.at_once == 6
    assert found.parameters["breaker"].high == 6
    assert abs(value_of(found.parameters["breaker.open_s"]) - 1.5) < 0.05


def test_numbers_that_contradict_each_other_are_undecided() -> None:
    found = concluded(counted(20, opens=True), counted(7, opens=False))
    assert found.at_once == 0
    twice = [counted(25, opens=True), counted(24, opens=False, late_s=2.5)] * 2
    found = concluded(*twice)  # as seen: the machine stood still until it had closed again
    assert found.at_once == 0
    assert found.parameters["breaker.failures_at_once"].certainty is Certainty.UNDECIDED
    assert "breaker" not in found.parameters


def test_a_breaker_that_calls_in_a_row_open_needs_no_such_number() -> None:
    in_a_row = replace(OPENED["breaker"], low=5, high=5)
    assert AtOnce().skipped(known({"breaker": in_a_row}))
    assert AtOnce().skipped(known(OPENED)) is None


def test_it_comes_before_what_opens_the_breaker_so() -> None:
    assert "at-once" in HalfOpen().after
