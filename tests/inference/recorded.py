"""`python -m tests.inference.recorded FILE infer …`: as `seatrial infer`, with its evidence kept.

What experiments conclude is a pure function of what they saw, so that a recording can be concluded
from again by newer code, on a machine of any speed.
"""

import pickle
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from seatrial.cli.main import app
from seatrial.infer import EXPERIMENTS, Experiment, Known
from seatrial.infer.lab import Bench
from seatrial.infer.planner import conclude_again
from seatrial.infer.trials import Observation

Observe = Callable[[Bench, Known], Coroutine[Any, Any, Observation]]


def main() -> None:
    """Run the command line, and write each experiment's observation down as it is made."""
    file = Path(sys.argv[1])
    seen: dict[str, Observation] = {}
    for one in EXPERIMENTS.values():
        one.observe = _recording(one, one.observe, seen, file)  # type: ignore[assignment,method-assign]
    app(sys.argv[2:], prog_name="seatrial")


def _recording(
    one: Experiment, observe: Observe, seen: dict[str, Observation], file: Path
) -> Observe:
    async def recording(bench: Bench, known: Known) -> Observation:
        began_s = time.monotonic()
        seen[one.name] = await observe(bench, known)
        took_s = time.monotonic() - began_s
        sys.stderr.write(f"{one.name} {took_s:.1f} s\n")
        _keep(seen, file)
        return seen[one.name]

    return recording


def _keep(seen: dict[str, Observation], file: Path) -> None:
    file.write_bytes(pickle.dumps(seen))


def replay(file: Path) -> Known:
    """Conclude again from what was kept."""
    return conclude_again(pickle.loads(file.read_bytes()))  # noqa: S301 - written by ourselves


if __name__ == "__main__":
    main()
