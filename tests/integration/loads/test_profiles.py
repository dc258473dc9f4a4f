"""All profiles of the repository are what a build can run: named, described, small, and judged."""

from pathlib import Path

import pytest

from seatrial.config import load_config
from seatrial.errors import UsageError
from seatrial.loads.session.catalogue import profile_files, read_profiles
from seatrial.loads.session.fault_schedule import read_fault
from seatrial.loads.session.jobs import load_jobs

ROOT = Path(__file__).parents[3]
NAMES = {
    "cached-lookups",
    "cold-start",
    "invalidation-storm",
    "proposals-payments",
    "provider-down",
    "provider-slow",
    "ramp",
    "soak",
    "spike",
    "stampede",
    "steady",
    "through-gateway",
    "ttl-expiry",
}


def test_every_profile_is_small_and_has_limits_and_faults_that_exist() -> None:
    jobs = load_jobs(load_config(ROOT / "seatrial.toml"), ROOT / "load")
    assert set(jobs) == NAMES
    for name, job in jobs.items():
        assert job.profile.duration_s <= 12, name
        declared = [job.profile.limits, *job.profile.phase_limits.values()]
        assert any(one.model_dump(exclude_none=True) for one in declared), name
        for fault in job.profile.faults:
            read_fault(fault)


def _folder(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "load"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def test_files_that_hold_no_profile_are_left_out(tmp_path: Path) -> None:
    folder = _folder(tmp_path, shared="X = 1\n", noisy="print('hello')\n")
    assert set(profile_files(folder)) == {"noisy", "shared"}
    assert read_profiles(profile_files(folder).values()) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 / 0\n", "broken.py: can't be imported: ZeroDivisionError"),
        ("def\n", "broken.py: can't be imported: SyntaxError"),
        ("import sys; sys.exit(3)\n", "the load profiles can't be read"),
        (
            "from seatrial.loads import *\nP = Profile(title='x', phases=())\n",
            "can't be imported: a load plan needs at least one phase",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, said: str) -> None:
    folder = _folder(tmp_path, broken=text)
    with pytest.raises(UsageError, match=said):
        read_profiles(profile_files(folder).values())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        profile_files(tmp_path / "load")
