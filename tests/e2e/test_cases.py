"""What explore found is kept, and fails until it is fixed: as a command, and as a test."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from seatrial.results import Result, RunVerdict, Verdict

from .command import ROOT, ran, seatrial

CONFIG = """
[services.front]
command = ["{python}", "shop.py", "front"]
health = "/health"
addresses = {{ PRICES_URL = "prices" }}
env = {{ DEFECTS = "{defects}" }}

[services.prices]
command = ["{python}", "shop.py", "prices"]
health = "/health"

[explore]
answers_within_s = 4
recovers_within_s = 2
"""

JOURNEY = '''
from seatrial.explore import journey


@journey
async def look(system):
    """Look at something."""
    await system.get("front", "/items/book-000017")
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "tests/integration/explore/shop.py", tmp_path)
    (tmp_path / "chaos" / "journeys").mkdir(parents=True)
    (tmp_path / "chaos" / "journeys" / "look.py").write_text(JOURNEY)
    configure(tmp_path, "raises-403")
    return tmp_path


def configure(project: Path, defects: str) -> None:
    (project / "seatrial.toml").write_text(CONFIG.format(python=sys.executable, defects=defects))


def test_what_was_found_is_kept_and_fails_until_it_is_fixed(project: Path) -> None:
    found = project / "found.json"
    explored = seatrial("explore", "look", "--write", "--json", str(found), cwd=project)
    assert explored.returncode == 1, explored.stdout + explored.stderr
    result = Result.read(found)
    (case,) = result.cases
    (failed,) = [one for one in result.checks if one.verdict is Verdict.FAILED]
    assert failed.rerun == f"seatrial chaos run --case {case.file}"
    assert [one.fault for one in case.faults] == ["status-403"]
    assert case.minimal
    assert case.file is not None
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "chaos/cases"]

    again = seatrial("chaos", "run", "--case", case.file, cwd=project)
    assert again.returncode == 1, again.stdout + again.stderr
    tested = ran(pytest_here, cwd=project)
    assert "1 failed" in tested.stdout, tested.stdout
    assert f"seatrial chaos run --case {project / case.file}" in tested.stdout

    configure(project, "")
    again = seatrial("chaos", "run", "--case", case.file, cwd=project)
    assert again.returncode == 0, again.stdout + again.stderr
    tested = ran(pytest_here, cwd=project)
    assert "1 passed" in tested.stdout, tested.stdout


def kept(project: Path, edge: str, operation: str, about: str, fault: str) -> None:
    point = {"edge": edge, "operation": operation, "about": about}
    folder = project / "chaos" / "cases"
    folder.mkdir(exist_ok=True)
    case = {"journey": "look", "faults": [{"point": point, "fault": fault}]}
    (folder / "kept.json").write_text(json.dumps(case))


def test_kept_cases_are_run_with_all_scenarios_and_not_with_chosen_ones(project: Path) -> None:
    kept(project, "front->prices", "GET /prices/{id}", "book-000017", "status-403")
    everything = seatrial("chaos", "run", "--json", "all.json", cwd=project)
    assert everything.returncode == 1, everything.stdout + everything.stderr
    (check,) = Result.read(project / "all.json").checks
    assert (check.id, check.subject) == ("explore.answers-as-declared", "look · kept")
    assert "case kept" in everything.stderr
    seatrial("chaos", "run", "--tag", "run", "--json", "chosen.json", cwd=project)
    assert not Result.read(project / "chosen.json").checks


def test_kept_cases_are_run_in_virtual_time_too(project: Path) -> None:
    kept(project, "front->prices", "GET /prices/{id}", "book-000017", "status-403")
    left_out = seatrial("chaos", "run", "--virtual", "--json", "out.json", cwd=project)
    assert left_out.returncode == 2, left_out.stdout + left_out.stderr

    shutil.copy(ROOT / "tests/integration/explore/cards.py", project)
    services = (f'[services.{name}]\napp = "cards:{name}"\n' for name in ("users", "front"))
    config = "".join(services) + 'addresses = { USERS_URL = "users" }\n'
    (project / "seatrial.toml").write_text(config)
    journey = JOURNEY.replace("/items/book-000017", "/cards/ada")
    (project / "chaos" / "journeys" / "look.py").write_text(journey)
    kept(project, "front->users", "GET /users/ada", "", "status-410")
    virtual = seatrial("chaos", "run", "--virtual", "--json", "all.json", cwd=project)
    assert virtual.returncode == 1, virtual.stdout + virtual.stderr
    (check,) = Result.read(project / "all.json").checks
    assert (check.id, check.subject) == ("explore.answers-as-declared", "look · kept")


def test_a_case_whose_request_is_not_made_any_more_proves_nothing(project: Path) -> None:
    case = project / "chaos" / "cases" / "gone.json"
    case.parent.mkdir()
    case.write_text(
        '{"journey": "look", "faults": [{"point": {"edge": "front->prices",'
        ' "operation": "GET /gone"}, "fault": "reset"}]}'
    )
    again = seatrial("chaos", "run", "--case", str(case), cwd=project)
    assert again.returncode == RunVerdict.INVALID.exit_code, again.stdout + again.stderr
    assert "doesn't come to reset at front->prices: GET /gone" in " ".join(again.stdout.split())
    tested = ran([sys.executable, "-m", "pytest", "-q", "-rs", "chaos/cases"], cwd=project)
    assert "1 skipped" in tested.stdout, tested.stdout


def test_shards_of_a_real_system_are_together_the_whole(project: Path) -> None:
    files = []
    for number in (1, 2):
        files.append(f"{number}.json")
        ran_one = seatrial(
            "explore", "look", "--shard", f"{number}/2", "--json", files[-1], cwd=project
        )
        assert ran_one.returncode in (0, 1), ran_one.stdout + ran_one.stderr
    whole = seatrial("merge", *files, "--json", "whole.json", cwd=project)
    assert whole.returncode == 1, whole.stdout + whole.stderr
    result = Result.read(project / "whole.json")
    assert [one.fault for case in result.cases for one in case.faults] == ["status-403"]
    assert result.coverage["look"].exhausted_to == 1
