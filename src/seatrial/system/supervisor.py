"""Runs one command and ends it when whoever asked for it is gone, however it went.

A child doesn't notice that its starter was killed with -9, so each is started through this small
program. It holds the read end of a pipe (*starter*) whose other end only the starter has: when
the starter ends, for whatever reason, the pipe does too.

Run as a file with `python -I -S`, so that it costs little and sees nothing of the environment:

    supervisor.py run STARTER ALIVE PIDFILE GRACE_S COMMAND…
        supervise a command
    supervisor.py clean STARTER ALIVE FOLDER
        remove a folder once all commands ended

STARTER and ALIVE are inherited file descriptors. Every `run` keeps the write end of ALIVE open
while it lives, so `clean` knows by its end that nobody uses the folder any more.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_ROUNDS = 20
_PAUSE_S = 0.1


def _end_of(fd: int) -> None:
    """Block until the other end of a pipe is closed."""
    while os.read(fd, 4096):
        pass


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left in it
        os.killpg(pid, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that these did; zombies left out."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it ended meanwhile
            # The name stands in parentheses and may hold anything; what follows it doesn't.
            state, parent = entry.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(entry.parent.name))
    found: list[int] = []
    ahead = [pid]
    while ahead:
        born = children.get(ahead.pop(), [])
        found += born
        ahead += born
    return found


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, also in sessions of their own."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _kill_descendants() -> None:
    for _ in range(_ROUNDS):  # one may start another meanwhile
        left = descendants(os.getpid())
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ChildProcessError):  # its own parent is still there
                os.waitpid(pid, 0)


def run(starter: int, pidfile: str, grace_s: float, command: list[str]) -> int:
    """Run a command in its own process group; returns its exit status, 128 + n after signal n."""
    # A pipe, and no Event: a second signal in the midst of its `set` would wait for a lock that is
    # held by the very thread that it interrupts.
    stopped, stop_it = os.pipe()
    os.set_blocking(stop_it, False)

    def ask(*_: object) -> None:
        with contextlib.suppress(BlockingIOError):  # full, so it was asked before
            os.write(stop_it, b".")

    # A handler, since the command would inherit that it is ignored, also from a shell's `&`.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, ask)
    try:
        child = subprocess.Popen(command, start_new_session=True)
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - this is the command's own output
        return 127
    Path(pidfile).write_text(str(child.pid))
    _adopt_orphans()

    def watch() -> None:
        _end_of(starter)
        ask()

    def stop() -> None:
        os.read(stopped, 1)
        # A paused process can't act on SIGTERM.
        for number in (signal.SIGTERM, signal.SIGCONT):
            child.send_signal(number)
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            _kill_group(child.pid)

    for task in (watch, stop):
        threading.Thread(target=task, daemon=True).start()
    status = child.wait()  # a signal's handler runs in between, and the wait goes on
    _kill_group(child.pid)  # what the command itself left behind
    _kill_descendants()
    return status if status >= 0 else 128 - status


def clean(starter: int, alive: int, folder: str) -> int:
    """Remove a folder once the starter and every command that it started have ended."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _end_of(starter)
    _end_of(alive)
    for _ in range(_ROUNDS):  # somebody who is just being killed may still write into it
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists():
            break
        time.sleep(_PAUSE_S)
    return 0


def main(argv: list[str]) -> int:
    """Dispatch on the first word; the callers are ours, so nothing is checked."""
    if argv[0] == "clean":
        return clean(int(argv[1]), int(argv[2]), argv[3])
    return run(int(argv[1]), argv[3], float(argv[4]), argv[5:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
