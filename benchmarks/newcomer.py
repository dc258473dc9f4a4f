"""A newcomer's waits at each step: from a fresh clone, and in a folder of one's own.

With an empty HOME, so that no caches of an earlier day help; both need a package index.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tests.e2e.test_tutorial import COMMANDS, FILES

ROOT = Path(__file__).parents[1]
_FINDS_DEFECTS = 1


def figures() -> dict[str, float]:
    """Seconds of each step, in the order in which they are taken."""
    with tempfile.TemporaryDirectory(prefix="newcomer-") as made:
        folder = Path(made)
        return _clone(folder) | _tutorial(folder)


def _clone(folder: Path) -> dict[str, float]:
    """Measure what the README's first two lines take."""
    clone = folder / "clone"
    _took_s("git", "clone", "--quiet", str(ROOT), str(clone), cwd=folder)
    return {
        "newcomer_install_s": _took_s("make", ".venv/.ready", cwd=clone),
        "newcomer_first_verdict_s": _took_s("make", "run", cwd=clone),
    }


def _tutorial(folder: Path) -> dict[str, float]:
    """The tutorial, to the letter, but that the package is this checkout's."""
    wheels, own = folder / "wheels", folder / "own"
    own.mkdir()
    uv = str(Path(sys.executable).with_name("uv"))
    _took_s(uv, "build", "--quiet", "--wheel", "--out-dir", str(wheels), str(ROOT), cwd=folder)
    (wheel,) = wheels.glob("*.whl")
    environment = folder / "environment"
    _took_s(sys.executable, "-m", "venv", str(environment), cwd=folder)
    pip = str(environment / "bin" / "pip")
    install_s = _took_s(pip, "install", "--quiet", f"seatrial[chaos] @ file://{wheel}", cwd=own)
    seatrial = str(environment / "bin" / "seatrial")
    for name in ("users.py", "shop.py"):
        (own / name).write_text(FILES[name], encoding="utf-8")
    init, run, *_ = COMMANDS
    init_s = _took_s(seatrial, *init.split(), cwd=own)
    (own / "seatrial.toml").write_text(FILES["seatrial.toml"], encoding="utf-8")
    run_s = _took_s(seatrial, *run.split(), cwd=own, status=_FINDS_DEFECTS)
    return {
        "newcomer_package_install_s": install_s,
        "newcomer_own_verdict_s": init_s + run_s,
    }


def _took_s(*words: str, cwd: Path, status: int = 0) -> float:
    began_s = time.monotonic()
    done = subprocess.run(
        words, cwd=cwd, env=_environment(cwd), capture_output=True, text=True, check=False
    )
    if done.returncode != status:
        raise SystemExit(f"{' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return time.monotonic() - began_s


def _environment(home: Path) -> Mapping[str, str]:
    """This one, without an active environment and without caches."""
    kept = {key: value for key, value in os.environ.items() if key not in _NOT_A_NEWCOMERS}
    return kept | {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}


_NOT_A_NEWCOMERS = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_CACHE_DIR", "PIP_CACHE_DIR")
