"""`seatrial explore --virtual`: runs of the reference system for each second of processor time."""

import subprocess
import sys
import tempfile
from pathlib import Path

from seatrial.results import Result

ROOT = Path(__file__).parents[1]
FIGURE = "explore_schedules_per_cpu_s"
JOURNEY = "hire"


def figures() -> dict[str, float]:
    """`explore_schedules_per_cpu_s`: single faults at the requests of the longest journey.

    A run is the journey under a fault, its recovery without, and the invariants after each.

    Raises:
        RuntimeError: the exploration ended otherwise than with a result.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "explored.json"
        options = ["--virtual", "--no-replay", "--workers", "1", "--quiet", "--json", str(report)]
        done = subprocess.run(
            [sys.executable, "-m", "seatrial.cli", "explore", JOURNEY, *options],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        if not report.is_file():
            raise RuntimeError(done.stdout + done.stderr)
        found = Result.read(report).figures
    return {FIGURE: found[FIGURE], "explore_runs": found["explore_runs"]}


if __name__ == "__main__":
    for name, value in figures().items():
        print(f"{name:32} {value:>14,.1f}")
