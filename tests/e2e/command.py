"""Running the command line as a person does: a process of its own, in the checkout."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEATRIAL = str(Path(sys.executable).with_name("seatrial"))


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would steer the command."""
    steering = {"TOXIPROXY_URL", "NO_COLOR", "FORCE_COLOR"}
    return {key: value for key, value in os.environ.items() if key not in steering} | changes


def seatrial(
    *words: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None, timeout_s: float = 240
) -> subprocess.CompletedProcess[str]:
    """Run one of our commands to its end."""
    return ran([SEATRIAL, *words], cwd=cwd, env=env, timeout_s=timeout_s)


def ran(
    command: Sequence[str],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 240,
) -> subprocess.CompletedProcess[str]:
    """Run any command to its end, in an environment that steers nothing."""
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment(**(env or {})),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
