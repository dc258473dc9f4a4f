"""The files that a command writes of a run with a planted defect, and what changed since."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.e2e.command import seatrial

DEFECTS = Path(__file__).parents[1] / "defects"
CHAOS = ("chaos", "run", "provider_down", "--edge", "things", "--virtual", "--quiet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run that failed, and the result of one that passed."""
    folder = tmp_path_factory.mktemp("reports")
    good = seatrial(*CHAOS, "--json", f"{folder}/old.json", cwd=DEFECTS)
    files: tuple[str, ...] = ("--json", f"{folder}/new.json", "--junit", f"{folder}/junit.xml")
    files += ("--report", f"{folder}/page")
    bad = seatrial(*CHAOS, *files, cwd=DEFECTS, env={"DEFECT": "opens-late"})
    assert (good.returncode, bad.returncode) == (0, 1), good.stderr + bad.stderr
    return folder


def test_a_failed_run_says_on_its_page_what_broke_and_how_to_see_it_again(folder: Path) -> None:
    page = (folder / "page" / "index.html").read_text()
    for said in (
        "What broke",
        "shop doesn&#39;t keep what it declares",
        "[edges.things.policy]",
        "breaker.failures = 3",
        "seatrial chaos run provider_down --edge things --virtual",
        "curl -i http://shop",
        "Where it ran",
    ):
        assert said in page, said
    assert (folder / "page" / "result.json").read_text() == (folder / "new.json").read_text()


def test_its_junit_file_has_the_failure_with_its_call(folder: Path) -> None:
    root = ET.parse(folder / "junit.xml").getroot()  # noqa: S314 - ours
    failures = {case.get("name"): case.find("failure") for case in root.iter("testcase")}
    failure = failures["chaos.provider_down.opens-at-threshold"]
    assert failure is not None
    assert "curl -i http://shop" in (failure.text or "")


def test_what_changed_since_a_good_run_is_a_new_failure(folder: Path) -> None:
    def changed(old: str) -> subprocess.CompletedProcess[str]:
        words = ("report", f"{folder}/new.json", "--against", f"{folder}/{old}.json")
        return seatrial(*words, "--report", f"{folder}/{old}-changes")

    worse, same = changed("old"), changed("new")
    assert (worse.returncode, same.returncode) == (1, 0), worse.stderr + same.stderr
    assert "new failure  chaos.provider_down.opens-at-threshold" in worse.stdout
    assert "What changed" in (folder / "old-changes" / "index.html").read_text()
