"""A plan is checked when it is made, and survives its file."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.loads.plan import LoadPlan, Phase

_PHASES = (Phase("cold", 1.0, 10.0), Phase("spike", 2.0, 50.0))


def test_plan_survives_its_json() -> None:
    plan = LoadPlan(phases=_PHASES, seed=5, not_before_s=12.5, arrivals="constant")
    assert LoadPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_duration_is_that_of_all_phases() -> None:
    assert LoadPlan(phases=_PHASES, seed=1).duration_s == 3.0


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_phase_refuses_a_rate_that_no_source_can_have(rate: float) -> None:
    with pytest.raises(UsageError, match="phase steady: rate_per_s"):
        Phase("steady", 1.0, rate)


@pytest.mark.parametrize("duration", [0.0, math.nan, math.inf])
def test_phase_refuses_a_duration_without_an_end(duration: float) -> None:
    with pytest.raises(UsageError, match="duration_s"):
        Phase("steady", duration, 1.0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phases", ()),
        ("arrivals", "sometimes"),
        ("zipf_exponent", -1.0),
        ("max_in_flight", 0),
        ("max_arrivals", 0),
        ("timeout_s", math.nan),
    ],
)
def test_plan_refuses_a_value_outside_its_range(field: str, value: Any) -> None:
    fields = {"phases": _PHASES, "seed": 1, field: value}
    with pytest.raises(UsageError):
        LoadPlan(**fields)


def test_phase_refuses_a_name_that_would_split_a_tag() -> None:
    with pytest.raises(UsageError, match="without a slash"):
        Phase("a/b", 1.0, 1.0)


@pytest.mark.parametrize("text", ["", "[]", '{"phases": []}', '{"seed": 1, "speed": 2}'])
def test_reading_what_is_no_plan_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(UsageError):
        LoadPlan.read(path)


def test_reading_a_missing_file_names_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere\.json"):
        LoadPlan.read(tmp_path / "nowhere.json")
