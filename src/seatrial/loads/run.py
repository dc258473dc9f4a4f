"""Runs a Locust profile as a subprocess and reads back what it measured."""

import importlib.util
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seatrial.errors import InvalidRun, UsageError
from seatrial.loads.keys import write_keys
from seatrial.loads.plan import (
    KEYS_VARIABLE,
    PLAN_VARIABLE,
    RESULT_VARIABLE,
    LoadPlan,
    Phase,
)
from seatrial.loads.record import LoadRun
from seatrial.loads.target import check_target, listens
from seatrial.system import Process, Session

_START_S = 40.0
"""How long Locust and its workers may take to start on a busy machine."""


@dataclass(frozen=True)
class Progress:
    """How far a run is."""

    elapsed_s: float
    sent: int
    answered: int
    dropped: int


def run_profile(
    session: Session,
    profile: Path,
    *,
    host: str,
    ids: Sequence[str],
    seed: int,
    rate_per_s: float = 0.0,
    duration_s: float = 0.0,
    phases: Sequence[Phase] = (),
    workers: int = 0,
    arrivals: Literal["poisson", "constant"] = "poisson",
    zipf_exponent: float = 1.0,
    not_before_s: float | None = None,
    timeout_s: float = 10.0,
    max_in_flight: int = 500,
    any_host: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> LoadRun:
    """Run a profile to its end.

    Args:
        session: owns the processes.
        profile: the Locust file.
        host: the target's URL.
        ids: the ids that arrivals ask for.
        seed: repeats arrivals and ids.
        rate_per_s: arrivals per second of all processes, when there is one phase.
        duration_s: its length, seconds.
        phases: instead of the two, several phases.
        workers: Locust workers; 0 sends from one process without a master.
        arrivals: the source.
        zipf_exponent: skew of the ids.
        not_before_s: `time.monotonic()` before which nothing is sent.
        timeout_s: how long a request may take.
        max_in_flight: requests waiting for an answer at once, per process.
        any_host: the target need not be this machine.
        on_progress: called about twice a second.

    Raises:
        UsageError: a value is wrong, the target isn't there or may not be loaded, or the profile
            can't start.
        InvalidRun: Locust ended without a result.
    """
    plan = LoadPlan(
        phases=tuple(phases) or (Phase("steady", duration_s, rate_per_s),),
        seed=seed,
        arrivals=arrivals,
        zipf_exponent=zipf_exponent,
        max_in_flight=max_in_flight,
        timeout_s=timeout_s,
        not_before_s=not_before_s,
        any_host=any_host,
    )
    _check(profile, host, plan)
    folder = _folder(session)
    (folder / "plan.json").write_text(json.dumps(plan.to_json()), encoding="utf-8")
    write_keys(folder / "ids.json", ids)
    run = _Run(session, profile, host, plan, folder, workers)
    return run.read(run.wait(on_progress))


def _check(profile: Path, host: str, plan: LoadPlan) -> None:
    for module in ("locust", "hdrh"):
        if importlib.util.find_spec(module) is None:
            raise UsageError("Load needs Locust; pip install 'seatrial[load]' brings it")
    if not profile.is_file():
        raise UsageError(f"there is no load profile {profile}")
    check_target(host, any_host=plan.any_host)
    if not listens(host):
        raise UsageError(f"nobody listens at the target {host}; start it, or name another")


def _folder(session: Session) -> Path:
    for number in range(1, 1_000):
        folder = session.dir / f"load-{number}"
        if not folder.exists():
            folder.mkdir()
            return folder
    raise UsageError("a session holds a thousand load runs at most; start another")


class _Run:
    """Locust's processes for one run."""

    def __init__(
        self,
        session: Session,
        profile: Path,
        host: str,
        plan: LoadPlan,
        folder: Path,
        workers: int,
    ) -> None:
        self._session = session
        self._profile = profile
        self._host = host
        self._plan = plan
        self._folder = folder
        self._workers = workers
        self._lead, self._others = self._start()

    @property
    def _result(self) -> Path:
        return self._folder / "result.json"

    def _start(self) -> tuple[Process, list[Process]]:
        users = ["-u", str(max(1, self._workers)), "-r", str(max(1, self._workers))]
        base = ["python", "-m", "locust", "-f", str(self._profile), "--skip-log-setup"]
        lead = [*base, "--headless", "--only-summary", "--exit-code-on-error", "0"]
        lead += ["--host", self._host, *users]
        env = {
            PLAN_VARIABLE: str(self._folder / "plan.json"),
            KEYS_VARIABLE: str(self._folder / "ids.json"),
        }
        leading = {**env, RESULT_VARIABLE: str(self._result)}
        if not self._workers:
            return self._session.start("locust", lead, env=leading), []
        port = str(self._session.free_port())
        lead += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        lead += ["--expect-workers", str(self._workers), "--expect-workers-max-wait", "30"]
        to = [*base, "--worker", "--master-host", "127.0.0.1", "--master-port", port]
        master = self._session.start("locust-master", lead, env=leading)
        return master, [
            self._session.start("locust-worker", to, env=env) for _ in range(self._workers)
        ]

    def wait(self, on_progress: Callable[[Progress], None] | None) -> int | None:
        """Wait for the end; returns the exit status, None when it had to be ended."""
        plan = self._plan
        wait_s = max(0.0, (plan.not_before_s or 0.0) - time.monotonic())
        until_s = time.monotonic() + _START_S + wait_s + plan.duration_s + plan.timeout_s + 20
        said = 0
        try:
            while time.monotonic() < until_s:
                status = self._lead.wait(0.2)
                if on_progress is not None:
                    said = _tell(self._lead.log, said, on_progress)
                if status is not None:
                    return status
            return None
        finally:
            for process in (self._lead, *self._others):
                process.stop()

    def read(self, status: int | None) -> LoadRun:
        """Read the result.

        Raises:
            UsageError: the profile refused to start.
            InvalidRun: there is no result.
        """
        if not self._result.is_file():
            said = self._lead.tail(20)
            refused = re.search(r"^seatrial: (.+)$", said, re.MULTILINE)
            if refused:
                raise UsageError(f"{self._profile.name}: {refused[1]}")
            raise InvalidRun(
                f"{self._profile.name}: Locust ended with status {status} and no result. "
                f"It said last:\n{said}"
            )
        data = json.loads(self._result.read_text(encoding="utf-8"))
        return LoadRun.from_json(
            data,
            profile=self._profile.stem,
            host=self._host,
            workers=max(1, self._workers),
            target_listens=listens(self._host),
            exit_status=status,
        )


def _tell(log: Path, offset: int, on_progress: Callable[[Progress], None]) -> int:
    """Pass on the progress lines since `offset`; returns where the next ones begin."""
    with log.open("rb") as file:
        file.seek(offset)
        new = file.read()
    whole = new[: new.rfind(b"\n") + 1]
    for line in whole.splitlines():
        if line.startswith(b'{"event": "load_progress"'):
            data = json.loads(line)["data"]
            on_progress(Progress(data["elapsedS"], data["sent"], data["answered"], data["dropped"]))
    return offset + len(whole)
