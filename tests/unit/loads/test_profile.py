"""A profile is a value: it scales, takes a system's changes, and goes through JSON unchanged."""

from typing import Any

import pytest

from seatrial.config import LoadProfile as Changes
from seatrial.errors import UsageError
from seatrial.loads.profile import FaultAt, Limits, Phase, Profile, cache_limits, steps

SPIKE = Profile(
    title="A spike",
    phases=(Phase("before", 2, 60), Phase("spike", 2, 240), Phase("after", 4, 60)),
    limits=Limits(error_ratio_max=0.01),
    phase_limits={"after": Limits(goodput_min=0.9)},
    faults=(FaultAt("latency", 2.0, 2.0, {"delay_s": 0.5}),),
)


def test_mean_rate_and_length_are_those_of_all_phases() -> None:
    assert SPIKE.duration_s == 8
    assert SPIKE.rate_per_s == pytest.approx((120 + 480 + 240) / 8)


def test_scaling_keeps_the_proportions_of_phases_and_faults() -> None:
    twice = SPIKE.scaled(rate_per_s=SPIKE.rate_per_s * 2, duration_s=16)
    assert [phase.rate_per_s for phase in twice.phases] == pytest.approx([120, 480, 120])
    assert [phase.duration_s for phase in twice.phases] == [4, 4, 8]
    assert (twice.faults[0].at_s, twice.faults[0].for_s) == (4, 4)
    assert SPIKE.scaled() == SPIKE


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_or_length_without_sense_is_refused_by_name(wrong: float) -> None:
    with pytest.raises(UsageError, match="the rate is"):
        SPIKE.scaled(rate_per_s=wrong)
    with pytest.raises(UsageError, match="the duration is"):
        SPIKE.scaled(duration_s=wrong)


def test_a_systems_limits_are_on_top_of_the_profiles() -> None:
    changes = Changes(
        edge="card",
        limits=Limits(error_ratio_max=0.0),
        phase_limits={"after": Limits(deadline_s=1.0), "spike": Limits(goodput_min=0.5)},
    )
    changed = SPIKE.changed(changes)
    assert changed.edge == "card"
    assert changed.limits.error_ratio_max == 0.0
    assert changed.phase_limits["after"] == Limits(goodput_min=0.9, deadline_s=1.0)
    assert changed.phase_limits["spike"] == Limits(goodput_min=0.5)


def test_a_profile_survives_json() -> None:
    assert Profile.from_json(SPIKE.to_json()) == SPIKE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"phase_limits": {"nowhere": Limits()}}, "no phase 'nowhere'"),
        ({"faults": (FaultAt("down", 9.0, 1.0),)}, "isn't within a run of 8 s"),
        ({"phases": (Phase("a", 1, 1), Phase("a", 1, 1))}, "two phases share a name"),
        ({"mix": {}}, "the mix is empty"),
        ({"mix": {"read": 0.0}}, "mix: read is 0"),
        ({"target": "gateway"}, "no edge, and so no faults"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, Any], said: str) -> None:
    words: dict[str, Any] = {"title": "x", "phases": SPIKE.phases, "faults": SPIKE.faults}
    with pytest.raises(UsageError, match=said):
        Profile(**{**words, **changes})


def test_none_takes_a_standard_limit_away() -> None:
    assert cache_limits(error_ratio_max=None).error_ratio_max is None
    assert cache_limits().upstream_over_oracle_max == 1.05


def test_steps_are_phases_named_by_their_rate() -> None:
    assert [phase.name for phase in steps((50, 100), 1.5)] == ["rate-50", "rate-100"]


@pytest.mark.parametrize("wrong", [{"rate_per_s": 5, "users": 2}, {"users": -1}, {"users": 0}])
def test_a_phase_has_either_a_rate_or_users(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="phase x"):
        Phase("x", 1.0, **wrong)
