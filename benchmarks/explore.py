"""`seatrial explore` on the reference system: its runs, and what keeps them apart."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from seatrial.config import load_config
from seatrial.explore import RunnerSpec
from seatrial.explore.standing import Standing
from seatrial.results import Result

ROOT = Path(__file__).parents[1]
FIGURE = "explore_schedules_per_cpu_s"
CONFIG = ROOT / "seatrial.toml"
JOURNEY = "hire"
_TIMES = 5


def figures() -> dict[str, float]:
    """`explore_schedules_per_cpu_s`: single faults at the requests of the longest journey.

    A run is the journey under a fault, its recovery without, and the invariants after each. On the
    wire, `explore_settled_run_s` is one with the recovery, which leaves the system as it was, and
    `explore_restart_s` a start of all processes, which would do so instead.

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
    return {
        FIGURE: found[FIGURE],
        "explore_runs": found["explore_runs"],
        "explore_settled_run_s": _settled_run_s(),
        "explore_restart_s": asyncio.run(_restart_s()),
    }


def _settled_run_s() -> float:
    with RunnerSpec(CONFIG, JOURNEY)() as run:
        return median(run(frozenset()).seconds for _ in range(_TIMES))


async def _restart_s() -> float:
    standing = Standing(load_config(CONFIG), ROOT)
    took_s = []
    try:
        await standing.start()
        for _ in range(_TIMES):
            began_s = time.monotonic()
            await standing.restart()
            took_s.append(time.monotonic() - began_s)
    finally:
        await standing.close()
    return median(took_s)


if __name__ == "__main__":
    for name, value in figures().items():
        print(f"{name:32} {value:>14,.1f}")
