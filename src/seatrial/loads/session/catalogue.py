"""The profiles of a folder, read in a process of their own."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from seatrial.errors import UsageError
from seatrial.loads.profile import Profile
from seatrial.system import environment

_PATIENCE_S = 60.0


def profile_files(folder: Path) -> dict[str, Path]:
    """Return the files that may hold a profile, by the name that commands use: - for _.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; load profiles are files in load/")
    paths = sorted(folder.glob("[!_]*.py"))
    return {path.stem.replace("_", "-"): path for path in paths}


def read_profiles(paths: Iterable[Path]) -> dict[str, Profile]:
    """Return these files' profiles by name; files that hold no profile are left out.

    Raises:
        UsageError: one of them can't be imported; the message names it.
    """
    files = [path.resolve() for path in paths]
    if not files:
        return {}
    done = subprocess.run(
        [sys.executable, "-m", "seatrial.loads.generator.describe", *map(str, files)],
        cwd=files[0].parent.parent,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    found: dict[str, Profile] = {}
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"seatrial-profile"')]
    if len(lines) != len(files):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UsageError(f"{files[0].parent}: the load profiles can't be read: {last}")
    for line in map(json.loads, lines):
        said = line["is"]
        if said is not None and "error" in said:
            raise UsageError(said["error"])
        if said is not None:
            found[line["seatrial-profile"].replace("_", "-")] = Profile.from_json(said)
    return found
