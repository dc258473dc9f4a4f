"""How good a first file is: lines to change by hand, and seconds to a first verdict."""

import json
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

from tests.scaffold_samples.samples import Sample


def laid_out(folder: Path, sample: Sample) -> Path:
    """Write a sample's files into a folder."""
    for name, text in sample.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name in ("mvnw", "gradlew"):
            path.chmod(0o755)
    return folder


def lines_to_change(text: str, sample: Sample) -> dict[str, Any]:
    """The places of a file that don't say what is right, and what they say."""
    data = tomllib.loads(text)
    consumer = next(iter(data["services"]))
    found = {}
    for place, right in sample.right.items():
        value: Any = data
        for key in place.replace("*", consumer).split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value != right:
            found[place] = value
    return found


def seatrial(folder: Path, *words: str, timeout_s: float = 200) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, in the sample's folder."""
    return subprocess.run(
        [sys.executable, "-m", "seatrial.cli", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def installed(folder: Path, sample: Sample) -> bool:
    """Install what a sample needs, by the languages' ordinary tools; return whether it is there."""
    for program, *words in sample.install:
        own = folder / program if "/" in program else shutil.which(program)
        named = sys.executable if program == "python" else str(own)
        done = subprocess.run([named, *words], cwd=folder, capture_output=True, check=False)
        if own is None or done.returncode:
            return False
    return True


def first_verdict(folder: Path) -> tuple[str, float]:
    """Run `init` and a first scenario, changing nothing; the verdict and the seconds to it."""
    began_s = time.monotonic()
    seatrial(folder, "init", "--force")
    seatrial(folder, "chaos", "run", "provider_down", "--json", "result.json", "--quiet")
    took_s = time.monotonic() - began_s
    result = folder / "result.json"
    if not result.is_file() or not result.read_text():
        return "none", took_s
    return str(json.loads(result.read_text())["verdict"]), took_s
