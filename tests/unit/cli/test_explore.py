"""`seatrial explore`: how journeys share a budget, and what is said of them."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import seatrial.explore
from seatrial.cli.main import app
from seatrial.explore import Observation, Plan, Search
from seatrial.results import Result

CONFIG = """
[services.shop]
command = ["python", "shop.py"]
"""
JOURNEYS = """
from seatrial.explore import journey


@journey
async def look(system): ...


@journey
async def buy(system): ...
"""


class Turns:
    """Stands for the search's execution, and writes down who had its turn, and until when."""

    def __init__(self) -> None:
        self.slow = ""
        """The journey that needs two turns."""
        self.taken: list[tuple[str, bool]] = []
        self.until: list[float] = []
        self.inside: tuple[str, ...] = ()

    def __call__(
        self, search: Search, *_: Any, until: float, random: bool, observe: Any, **__: Any
    ) -> None:
        """Take a turn that proves nothing, and try all that there is."""
        self.taken.append((search.journey, random))
        self.until.append(until)
        plan: Plan = frozenset()
        seen = Observation(
            search.journey, plan, plan, undecided="it was too busy", inside=self.inside
        )
        observe(seen)
        if search.journey == self.slow:
            self.slow = ""
            return
        search.plans()
        search.saw(seen)
        search.plans()


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Turns:
    (tmp_path / "seatrial.toml").write_text(CONFIG)
    (tmp_path / "chaos" / "journeys").mkdir(parents=True)
    (tmp_path / "chaos" / "journeys" / "shop.py").write_text(JOURNEYS)
    monkeypatch.chdir(tmp_path)
    turns = Turns()
    monkeypatch.setattr(seatrial.explore, "explore", turns)
    return turns


def explored(*options: str) -> Result:
    done = CliRunner().invoke(app, ["explore", "--json", "found.json", *options])
    assert done.exit_code == 4, done.output
    return Result.read(Path("found.json"))


def test_every_journey_has_its_turn_before_a_budgets_rest_goes_to_larger_sets(turns: Turns) -> None:
    explored("--budget", "1000")
    assert turns.taken == [("look", False), ("buy", False), ("look", True), ("buy", True)]
    first, second, rest_of_first, rest_of_second = turns.until
    assert first < second, "no journey takes the whole budget"
    assert rest_of_first < rest_of_second, "what is left is shared"


def test_what_a_journey_left_is_tried_before_larger_sets_of_another(turns: Turns) -> None:
    turns.slow = "look"
    explored("--budget", "1000")
    assert turns.taken[:3] == [("look", False), ("buy", False), ("look", False)]
    assert turns.taken[3:] == [("look", True), ("buy", True)]


def test_without_a_budget_no_larger_sets_are_drawn(turns: Turns) -> None:
    explored()
    assert turns.taken == [("look", False), ("buy", False)]


def test_what_both_turns_of_a_journey_say_is_said_once(turns: Turns) -> None:
    result = explored("look", "--budget", "1000")
    assert len(turns.taken) == 2
    assert result.notes.count("look: it was too busy") == 1


def test_an_error_inside_is_said_once_for_each_place(turns: Turns) -> None:
    turns.inside = (
        "shop answered POST /orders 500 and printed HTTPError: 403 (orders.py:58)",
        "shop answered POST /orders 500 and printed HTTPError: 404 (orders.py:58)",
        "shop answered POST /orders 500 and printed KeyError: 'id' (orders.py:60)",
    )
    result = explored("look", "--budget", "1000")
    assert len(turns.taken) == 2
    assert [one for one in result.notes if " printed " in one] == [
        f"look: {turns.inside[0]}, under no fault; the journey was answered well enough",
        f"look: {turns.inside[2]}, under no fault; the journey was answered well enough",
    ]
