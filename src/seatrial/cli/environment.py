"""The place of a run, for whoever must repeat it: versions, machine, command, configuration."""

import os
import platform
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.results import Environment

_PACKAGES = ("seatrial", "httpx", "locust", "pact-python", "pytest", "uvicorn")
"""Those whose version can change a verdict."""


def load_average() -> float | None:
    """Return the mean number of processes that ran or waited over the last minute, if known."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):  # not on every system
        return None


def environment(config: Path, load_before: float | None) -> "Environment":
    """Describe where this process runs, and how it was called.

    Args:
        config: the configuration file.
        load_before: the load average as the run began.
    """
    from seatrial.results import Environment

    load_now = load_average()
    known = load_before is not None and load_now is not None
    return Environment(
        command_line=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        config=str(config),
        versions=_versions(),
        platform=f"{platform.system()} {platform.release()}, {platform.machine()}",
        cpus=os.cpu_count() or 1,
        load_average=(load_before, load_now) if known else None,
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
