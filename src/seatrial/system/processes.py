"""Processes that end with their starter, and the folder that they work in."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from seatrial.errors import UsageError
from seatrial.system import supervisor

_POLL_S = 0.01
_FOLDER = "seatrial-"
"""Begins the name of a session's folder; the process's id comes next."""
_SCRATCH = "-scratch_"
"""Comes after that in the name of a folder that nobody watches over."""


_ROOM = 64 * 1024
"""Bytes; with less no process gets far."""
_ELSEWHERE = "free some of it, or name another folder in TMPDIR"


class ProcessDied(UsageError):  # noqa: N818 - what happened, and not an error of ours
    """A process ended, or said nothing in time, before it could be used."""


class Process:
    """A command that runs under the supervisor of its session. Times are seconds."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path, pidfile: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen
        self._pidfile = pidfile

    @property
    def pid(self) -> int:
        """The command's own process id; waits for the moment that its start takes."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            text = self._pidfile.read_text() if self._pidfile.exists() else ""
            if text:
                return int(text)
            if not self.running:
                break
            time.sleep(_POLL_S)
        raise ProcessDied(f"{self.name} did not start:\n{self.tail()}")

    @property
    def running(self) -> bool:
        """True while it runs."""
        return self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        """Its exit status, 128 + n when signal n ended it; None while it runs."""
        return self._popen.poll()

    def tail(self, lines: int = 20, since: int = 0) -> str:
        """The last lines of what it printed on both outputs, and why there may be none.

        Args:
            lines: how many at most.
            since: bytes at the beginning that aren't looked at.
        """
        with self.log.open("rb") as file:
            file.seek(max(since, self.log.stat().st_size - 64 * 1024))
            said = file.read().decode("utf-8", "replace").splitlines()[-lines:]
        if shutil.disk_usage(self.log.parent).free < _ROOM:
            said.append(f"(the disk that holds {self.log.parent} is full; {_ELSEWHERE})")
        return "\n".join(said)

    def wait(self, timeout_s: float) -> int | None:
        """Its exit status, or None when it still runs after this time."""
        try:
            return self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def wait_listening(self, timeout_s: float = 20.0) -> dict[str, Any]:
        """Wait for its line `{"event": "listening", "data": {…}}` and return the data.

        Raises:
            ProcessDied: it ended or said nothing in time; the message has its last log lines.
        """
        until = time.monotonic() + timeout_s
        with self.log.open("rb") as file:
            line = b""
            while True:
                running = self.running  # asked before reading, so that a last line isn't missed
                line += file.readline()
                if line.endswith(b"\n"):
                    if b'"listening"' in line and (data := _listening(line)) is not None:
                        return data
                    line = b""
                    continue
                if not running:
                    raise ProcessDied(
                        f"{self.name} ended with status {self.returncode} before it listened. "
                        f"It said last:\n{self.tail()}"
                    )
                if time.monotonic() > until:
                    raise ProcessDied(
                        f"{self.name} did not say that it listens within {timeout_s:g} s. "
                        f"It said last:\n{self.tail()}"
                    )
                time.sleep(_POLL_S)

    def terminate(self) -> None:
        """Ask it to end with SIGTERM, and don't wait for that."""
        if self.running:
            self._popen.terminate()

    def interrupt(self, grace_s: float = 10.0) -> None:
        """End it as Ctrl-C does, so that it may write down what it has; then as `stop` does."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGINT)
            self.wait(grace_s)
        self.stop()

    def stop(self, grace_s: float = 5.0) -> None:
        """End it: SIGTERM, and after this time SIGKILL for its whole group."""
        if self.running:
            self._popen.terminate()
            if self.wait(grace_s) is None:
                self.kill()
        self._popen.wait()

    def kill(self) -> None:
        """End it and its group with SIGKILL, as a crash would."""
        self._signal(signal.SIGKILL)
        self._popen.wait()

    def pause(self) -> None:
        """Freeze it with SIGSTOP; its sockets stay open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError):  # it ended between the two lines
                os.killpg(self.pid, number)


def _listening(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if isinstance(event, dict) and event.get("event") == "listening":
        data = event.get("data")
        return data if isinstance(data, dict) else {}
    return None


class Session:
    """Owns a temporary folder and every process started through it; both end with it.

    Whether it is closed, its process is interrupted, or killed with -9: the processes are stopped
    and the folder is removed, by a watcher that outlives it (see `supervisor`).
    """

    def __init__(self, grace_s: float = 5.0) -> None:
        """Make the folder and its watcher.

        Args:
            grace_s: how long a process may take to end after SIGTERM, seconds.
        """
        try:
            self.dir = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
        except OSError as error:
            raise UsageError(f"no temporary folder can be made: {error}; {_ELSEWHERE}") from None
        self._grace_s = grace_s
        self._processes: list[Process] = []
        self._names: dict[str, int] = {}
        self._closed = False
        self._reserved: list[socket.socket] = []
        self._starter_read, self._starter = os.pipe()
        alive_read, self._alive = os.pipe()
        self._cleaner = subprocess.Popen(
            [*_supervisor("clean"), str(self._starter_read), str(alive_read), str(self.dir)],
            pass_fds=(self._starter_read, alive_read),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # or whoever reads ours would wait for the watcher's end
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(alive_read)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def processes(self) -> tuple[Process, ...]:
        """All that were started, also those that have ended."""
        return tuple(self._processes)

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Process:
        """Start a command without a shell; its output goes to a log in the session's folder.

        Args:
            name: what messages and the log's name call it.
            command: its words; the program "python" means this interpreter.
            env: added to this process's own environment.
            cwd: the folder that it runs in; by default this process's.

        Raises:
            UsageError: there is no such program.
        """
        if self._closed:
            raise UsageError(f"{name}: isn't started any more; everything is being stopped")
        program = sys.executable if command[0] == "python" else shutil.which(command[0])
        if program is None:
            raise UsageError(
                f"{name}: there is no program {command[0]!r}; install it or name its path"
            )
        count = self._names[name] = self._names.get(name, 0) + 1
        stem = self.dir / (name if count == 1 else f"{name}-{count}")
        log, pidfile = stem.with_name(stem.name + ".log"), stem.with_name(stem.name + ".pid")
        fds = (self._starter_read, self._alive)
        words = [*_supervisor("run"), *map(str, fds), str(pidfile), str(self._grace_s)]
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [*words, program, *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment(env),
                cwd=cwd,
                pass_fds=fds,
                start_new_session=True,  # Ctrl-C is ours to handle, in order
            )
        process = Process(name, popen, log, pidfile)
        self._processes.append(process)
        return process

    def free_port(self) -> int:
        """A port that was free a moment ago; somebody may take it, so be ready to ask again."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    def reserve_port(self) -> int:
        """A port that nobody else is given while the session lasts.

        For a service whose address others must know before it runs. It must set SO_REUSEADDR to
        listen there, as servers do: the port is bound here, and not listened at.
        """
        holder = socket.socket()
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        self._reserved.append(holder)
        port: int = holder.getsockname()[1]
        return port

    def close(self) -> None:
        """Stop all processes, the last started first, and remove the folder."""
        self._closed = True
        for process in reversed(self._processes):
            process.stop(self._grace_s)
        self._processes.clear()
        for holder in self._reserved:
            holder.close()
        for fd in (self._starter, self._starter_read, self._alive):
            os.close(fd)
        self._cleaner.wait()


def _supervisor(verb: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(supervisor.__file__), verb]


def environment(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment for a child: loopback never through a proxy, output unbuffered."""
    env = dict(os.environ)
    env.update(PYTHONUNBUFFERED="1", NO_PROXY="127.0.0.1,localhost", no_proxy="127.0.0.1,localhost")
    env.update(added or {})
    return env


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder for the time of a block; those that killed runs have left are removed before.

    For what has no processes, and so nobody who watches over it: a session's folder names those
    that its watcher is about to end.
    """
    for left in folders_left():
        if _SCRATCH in left.name:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{_FOLDER}{os.getpid()}{_SCRATCH}") as folder:
        yield Path(folder)


def folders_left() -> list[Path]:
    """Folders of sessions whose process is gone: even their watcher was killed."""
    found = Path(tempfile.gettempdir()).glob(f"{_FOLDER}*/")
    owners = {path: re.fullmatch(rf"{_FOLDER}(\d+)-\w+", path.name) for path in found}
    return sorted(path for path, owner in owners.items() if owner and not _is_running(owner[1]))


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
