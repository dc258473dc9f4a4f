"""Faults and scenarios on the command line are read, or refused with a fix."""

from pathlib import Path

import pytest

from seatrial.cli.timeline import read_faults, read_scenarios
from seatrial.errors import UsageError
from seatrial.loads.profile import FaultAt

CHAOS = Path(__file__).parents[3] / "chaos"


def test_a_fault_has_a_time_a_length_and_options() -> None:
    assert read_faults(["down@2+3"]) == (FaultAt("down", 2.0, 3.0),)
    (slow,) = read_faults(["latency@0.5+1.5,delay_s=0.5"])
    assert slow == FaultAt("latency", 0.5, 1.5, {"delay_s": 0.5})
    (flush,) = read_faults(["killed@4+0.1,on=consumer"])
    assert flush == FaultAt("killed", 4.0, 0.1, {}, "consumer")
    (status,) = read_faults(["http-status@1+1,status=429"])
    assert status.options == {"status": 429}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("down", "say NAME@AT"),
        ("down@2", "say NAME@AT"),
        ("down@nan+1", "say NAME@AT"),
        ("gone@1+1", "no fault 'gone'; there is: bandwidth"),
        ("latency@1+1,delay=2", "latency"),
        ("http-status@1+1,status=9999", "http-status"),
    ],
)
def test_a_fault_that_is_none_is_refused(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_faults([word])


def test_a_scenario_is_named_with_its_time() -> None:
    (found,) = read_scenarios(["provider_back@2"], CHAOS)
    assert (found.scenario.name, found.at_s) == ("provider_back", 2.0)


@pytest.mark.parametrize(
    ("word", "said"),
    [("provider_back", "say NAME@AT"), ("provider_bak@1", "did you mean 'provider_back'")],
)
def test_a_scenario_that_is_none_is_refused(word: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_scenarios([word], CHAOS)
