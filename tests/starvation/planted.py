"""Plant a starved generator, a service that stalls, or both, and run load against it.

A generator is starved by a busy machine, or, which leaves the machine alone, by stopping it again
and again, as a container's quota does.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path

from seatrial.loads import Limits, Phase, Profile
from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import judge_run
from seatrial.loads.session.locust import run_profile
from seatrial.results import Verdict
from seatrial.system import Session

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests" / "integration" / "loads" / "card_server.py"
FILE = ROOT / "load" / "cached_lookups.py"
IDS = tuple(f"u-{number}" for number in range(60))
PROFILE = Profile(
    title="cards",
    phases=(Phase("steady", 5.0, 80.0),),
    limits=Limits(error_ratio_max=0.01, goodput_min=0.95, deadline_s=1.0),
    max_in_flight=5_000,
)
BUSY = 16
"""Busy processes for each core: what is left for anybody else is a seventeenth."""
STALL_S = 2.0


@dataclass(frozen=True)
class Plant:
    """A planted fault, and the verdict that is right."""

    name: str
    expected: str
    busy: bool = False
    """The machine has other work."""
    stopped: bool = False
    """The generator gets a quarter of a core, in pieces."""
    stalls: bool = False


PLANTS = {
    one.name: one
    for one in (
        Plant("healthy", "passed"),
        Plant("busy", "invalid", busy=True),
        Plant("stalls", "failed", stalls=True),
        Plant("both", "invalid", busy=True, stalls=True),
        Plant("stopped", "invalid", stopped=True),
        Plant("stopped-and-stalls", "invalid", stopped=True, stalls=True),
    )
}


@dataclass(frozen=True)
class Seen:
    """The outcome of a run."""

    verdict: str
    why: str
    figures: dict[str, float]


@contextmanager
def busy_machine(per_core: int) -> Iterator[None]:
    """Keep the machine's cores busy with this many processes each."""
    # Each ends with us, however we end.
    loop = f"import os\nwhile os.getppid() == {os.getpid()}: pass"
    command = [sys.executable, "-c", loop]
    # In sessions of their own, as strangers are: Linux shares a core out by session.
    spinning = [
        subprocess.Popen(command, start_new_session=True)
        for _ in range(per_core * (cpu_count() or 1))
    ]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


class Quota:
    """Stops a process again and again, from `start` to `stop`."""

    def __init__(self, pidfile: Path, *, stopped_s: float = 0.3, running_s: float = 0.1) -> None:
        self._pidfile, self._stopped_s, self._running_s = pidfile, stopped_s, running_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._enforce, daemon=True)

    def start(self, started_s: float) -> None:
        """Begin."""
        del started_s
        self._thread.start()

    def _enforce(self) -> None:
        pid = int(self._pidfile.read_text())
        while not self._over.is_set():
            try:
                os.kill(pid, signal.SIGSTOP)
                self._over.wait(self._stopped_s)
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                return
            self._over.wait(self._running_s)

    def stop(self) -> None:
        """End, and leave the process running."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()


def run(plant: Plant, seed: int, per_core: int = BUSY) -> Seen:
    """Run the load once, and judge it."""
    words = ["--ttl-s", "1"]
    if plant.stalls:  # once in the middle of the load, whenever Locust is up
        words += ["--freeze-s", str(STALL_S), "--freeze-every-s", "4"]
    with Session() as session, busy_machine(per_core if plant.busy else 0):
        url = session.start("cards", ["python", str(SERVER), *words]).wait_listening()["url"]
        quota = Quota(session.dir / "locust.pid")
        found = run_profile(
            session,
            FILE,
            host=url,
            plan=PROFILE.plan(seed=seed),
            ids=IDS,
            on_start=quota.start if plant.stopped else None,
            on_end=quota.stop,
        )
    evidence = LoadEvidence(found, None, None, deadline_s=PROFILE.limits.deadline_s)
    result = judge_run(evidence, LoadJob("cards", FILE, PROFILE))
    if result.invalid:
        return Seen("invalid", "; ".join(result.invalid), result.figures)
    failed = [one.explanation for one in result.checks if one.verdict is Verdict.FAILED]
    return Seen("failed" if failed else "passed", "; ".join(failed), result.figures)
