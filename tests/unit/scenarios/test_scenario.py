"""Scenarios are found by their files, and a wrong file is named."""

from pathlib import Path

import pytest

from seatrial.checks import CHECKS
from seatrial.config import DeclaredBreaker, DeclaredPolicy, DeclaredRetry
from seatrial.errors import UsageError
from seatrial.scenarios import load_scenarios, usable_scenarios

ROOT = Path(__file__).parents[3]
ONE = '''
from seatrial.scenarios import LiveEdge, scenario

@scenario(checks=[], phases=[], requires=["retry", "breaker"], tags=["mine"])
async def my_story(edge: LiveEdge) -> None:
    """It goes wrong.

    And then right.
    """
'''


def test_each_file_of_the_repository_holds_one_scenario_of_its_name() -> None:
    scenarios = load_scenarios(ROOT / "chaos")
    files = {path.stem for path in (ROOT / "chaos").glob("*.py")} - {
        "__init__",
        "invariants",
        "test_chaos",
    }
    assert set(scenarios) == files
    assert all(one.checks and one.tags and one.title for one in scenarios.values())


def test_a_scenario_knows_its_story_and_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ONE)
    found = load_scenarios(tmp_path)["my_story"]
    assert found.title == "It goes wrong."
    assert found.undeclared(DeclaredPolicy(retry=DeclaredRetry(attempts=2))) == ["breaker"]


def test_a_breaker_of_many_failures_or_probes_takes_more_entities(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ONE)
    found = load_scenarios(tmp_path)["my_story"]
    assert found.entities_for(DeclaredPolicy()) == 60
    for many in (
        DeclaredBreaker(failures=45, open_s=1),
        DeclaredBreaker(failures=5, open_s=1, probes=45),
    ):
        assert found.entities_for(DeclaredPolicy(breaker=many)) == 300


WRONG = """
from seatrial.checks import CAPS_PROBES, OPENS_AT_THRESHOLD, RECOVERS, phases
from seatrial.scenarios import LiveEdge, scenario

@scenario({words})
async def mine(edge: LiveEdge) -> None:
    \"\"\"It goes wrong.\"\"\"
"""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "checks=[RECOVERS], phases=[phases.FAILING]",
            "the scenario mine: the check recovers needs the phase recovered, which it never "
            "enters; name it in phases=[…]",
        ),
        (
            "checks=[OPENS_AT_THRESHOLD], phases=[phases.OPEN]",
            "the check opens-at-threshold needs the phase failing or storm, which it never",
        ),
        (
            "checks=[CAPS_PROBES], phases=[phases.FAILING, phases.BURST]",
            "the check opens-at-threshold, on which caps-probes depends, needs the phase open,",
        ),
        (
            "checks=[], phases=[], requires=['cache.ttl']",
            "it requires 'cache.ttl', which no policy can declare; did you mean 'cache.ttl_s'?",
        ),
        (
            "checks=[], phases=[phases.FALING]",
            "can't be imported: AttributeError: module 'seatrial.checks.phases' has no attribute",
        ),
    ],
)
def test_a_scenario_that_does_not_fit_is_refused_when_it_is_loaded(
    tmp_path: Path, words: str, said: str
) -> None:
    (tmp_path / "mine.py").write_text(WRONG.format(words=words))
    with pytest.raises(UsageError) as refused:
        load_scenarios(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'mine.py'}: ")
    assert said in str(refused.value)


def test_one_of_the_phases_that_a_check_needs_is_enough(tmp_path: Path) -> None:
    words = "checks=[OPENS_AT_THRESHOLD], phases=[phases.STORM, phases.OPEN]"
    (tmp_path / "mine.py").write_text(WRONG.format(words=words))
    assert "mine" in load_scenarios(tmp_path)


def test_every_registered_check_is_made_by_a_scenario() -> None:
    made = {check.id for one in load_scenarios(ROOT / "chaos").values() for check in one.checks}
    assert made == set(CHECKS)


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(ONE)
    (tmp_path / "b.py").write_text(ONE)
    with pytest.raises(UsageError, match=r"b\.py: a scenario 'my_story' exists already"):
        load_scenarios(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nowhere_to_be_found")
    with pytest.raises(UsageError, match=r"broken\.py: can't be imported: ModuleNotFoundError"):
        load_scenarios(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        load_scenarios(tmp_path / "chaos")


def test_scenarios_serve_any_project_and_its_own_take_their_place(tmp_path: Path) -> None:
    shipped = set(usable_scenarios(ROOT))
    assert shipped == set(load_scenarios(ROOT / "chaos")) == set(usable_scenarios(tmp_path))
    (tmp_path / "chaos").mkdir()
    (tmp_path / "chaos" / "mine.py").write_text(ONE)
    (tmp_path / "chaos" / "again.py").write_text(ONE.replace("my_story", "provider_down"))
    found = usable_scenarios(tmp_path)
    assert set(found) == {*shipped, "my_story"}
    assert found["provider_down"].tags == ("mine",)
