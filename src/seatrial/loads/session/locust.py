"""Locust as a subprocess: runs a profile and reads back what it measured."""

import importlib.util
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seatrial.errors import InvalidRun, UsageError
from seatrial.loads.keys import KEYS_VARIABLE, write_keys
from seatrial.loads.plan import (
    PLAN_VARIABLE,
    RESULT_VARIABLE,
    LoadPlan,
)
from seatrial.loads.record import LoadRun
from seatrial.loads.session.processor_wait import ProcessorWait
from seatrial.loads.target import check_target, listens
from seatrial.system import Process, Session

_START_S = 40.0
"""Time in which Locust and its workers must have started on a busy machine."""


_POLL_S = 0.1


@dataclass(frozen=True)
class Progress:
    """A run so far."""

    elapsed_s: float
    phase: str
    sent: int
    answered: int
    dropped: int
    errors: int
    hit_ratio: float | None
    """None before the first good answer."""
    p99_ms: float
    """Of all answers so far, from when they were due."""
    lag_p99_ms: float

    @property
    def sentence(self) -> str:
        """The run so far in one line."""
        hits = "" if self.hit_ratio is None else f", {self.hit_ratio:.0%} hits"
        dropped = f", {self.dropped} dropped" if self.dropped else ""
        return (
            f"{self.elapsed_s:.0f} s, {self.phase}: {self.sent} sent, "
            f"{self.sent - self.answered} in flight, {self.errors} failed{dropped}{hits}, "
            f"p99 {self.p99_ms:.1f} ms, lag {self.lag_p99_ms:.1f} ms"
        )


def run_profile(
    session: Session,
    profile: Path,
    *,
    host: str,
    plan: LoadPlan,
    ids: Sequence[str] | None = None,
    workers: int = 0,
    env: Mapping[str, str] | None = None,
    watched: Sequence[str] = (),
    on_start: Callable[[float], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_end: Callable[[], None] | None = None,
) -> LoadRun:
    """Run a profile to its end. A first Ctrl-C ends it early, and leaves what it has measured.

    Args:
        session: owns the processes.
        profile: the Locust file; it may import from the folder that its own folder is in.
        host: the target's URL.
        plan: what is sent.
        ids: the ids that arrivals ask for; None: the profile gets them itself.
        workers: Locust workers; 0 sends from one process without a master.
        env: set on top of Locust's environment.
        watched: URLs of this machine, next to the target's, whose processes take part.
        on_start: called once, with the `time.monotonic()` at which the sending began.
        on_progress: called about twice a second.
        on_end: called once nothing is sent any more, before anybody looks at the target again.

    Raises:
        UsageError: the target isn't there or may not be loaded, or the profile can't start.
        InvalidRun: Locust ended without a result.
    """
    _check(profile, host, plan)
    folder = _folder(session)
    (folder / "plan.json").write_text(json.dumps(plan.to_json()), encoding="utf-8")
    own = dict(env or {})
    if ids is not None:
        write_keys(folder / "ids.json", ids)
        own[KEYS_VARIABLE] = str(folder / "ids.json")
    run = _Processes(session, profile, host, plan, folder, workers, own)
    listener = _Listener(on_start, on_progress, ProcessorWait((host, *watched)))
    try:
        status = run.wait(listener)
        wait_ratio = listener.wait.ratio()
    finally:
        if on_end is not None:
            on_end()
    return replace(run.read(status), target_wait_ratio=wait_ratio)


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


class _Processes:
    """Locust's processes for one run."""

    def __init__(
        self,
        session: Session,
        profile: Path,
        host: str,
        plan: LoadPlan,
        folder: Path,
        workers: int,
        env: Mapping[str, str],
    ) -> None:
        self._session = session
        self._profile = profile
        self._host = host
        self._plan = plan
        self._folder = folder
        self._workers = workers
        self._env = {**env, PLAN_VARIABLE: str(folder / "plan.json")}
        self._lead, self._others = self._start()

    @property
    def _result(self) -> Path:
        return self._folder / "result.json"

    def _start(self) -> tuple[Process, list[Process]]:
        users = ["-u", str(max(1, self._workers)), "-r", str(max(1, self._workers))]
        base = ["python", "-m", "locust", "-f", str(self._profile.resolve()), "--skip-log-setup"]
        lead = [*base, "--headless", "--only-summary", "--exit-code-on-error", "0"]
        lead += ["--host", self._host, *users]
        leading = {**self._env, RESULT_VARIABLE: str(self._result)}
        if not self._workers:
            return self._locust("locust", lead, leading), []
        port = str(self._session.free_port())
        lead += ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        lead += ["--expect-workers", str(self._workers), "--expect-workers-max-wait", "30"]
        to = [*base, "--worker", "--master-host", "127.0.0.1", "--master-port", port]
        master = self._locust("locust-master", lead, leading)
        return master, [self._locust("locust-worker", to, self._env) for _ in range(self._workers)]

    def _locust(self, name: str, words: Sequence[str], env: Mapping[str, str]) -> Process:
        folder = self._profile.resolve().parent.parent
        return self._session.start(name, words, env=env, cwd=folder)

    def wait(self, listener: "_Listener") -> int | None:
        """Wait for the end; returns the exit status, None when it had to be ended."""
        plan = self._plan
        wait_s = max(0.0, (plan.not_before_s or 0.0) - time.monotonic())
        until_s = time.monotonic() + _START_S + wait_s + plan.duration_s + plan.timeout_s + 20
        status: int | None = None
        try:
            while time.monotonic() < until_s:
                status = self._lead.wait(_POLL_S)
                listener.read(self._lead.log)
                if status is not None:
                    break
        except KeyboardInterrupt:
            if not listener.began:
                raise
            self._lead.stop(grace_s=10.0)  # Locust then writes down what it has
            status = self._lead.returncode
        finally:
            for process in (self._lead, *self._others):
                process.stop()
        return status

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


class _Listener:
    """Reads the leading process's lines, and notifies the callers."""

    def __init__(
        self,
        on_start: Callable[[float], None] | None,
        on_progress: Callable[[Progress], None] | None,
        wait: ProcessorWait,
    ) -> None:
        self.wait = wait
        self._on_start = on_start
        self._on_progress = on_progress
        self._offset = 0
        self.began = False

    def read(self, log: Path) -> None:
        """Take in the whole lines since the last time."""
        with log.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            if line.startswith(b'{"event": "load_'):
                self._notify(json.loads(line))

    def _notify(self, said: dict[str, Any]) -> None:
        data = said["data"]
        if said["event"] == "load_started" and not self.began:
            self.began = True
            self.wait.start()
            if self._on_start is not None:
                self._on_start(data["startedS"])
        elif said["event"] == "load_progress" and self._on_progress is not None:
            self._on_progress(Progress(**data))
