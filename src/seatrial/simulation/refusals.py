"""Refuses what reaches the operating system from a simulated run, by Python's audit events.

They are raised by the interpreter, so that a function that was imported before the simulation
began is found as well (threads and `time.sleep` from Python 3.12 on).
"""

import sys
from collections.abc import Callable
from threading import get_ident
from typing import Any

from seatrial.simulation.processes import process_here

THREAD = "a thread"
THREAD_ADVICE = "Use asyncio, or run_in_executor, which runs inline."
_THREAD = (THREAD, THREAD_ADVICE)
_PROCESS = ("a subprocess", "Such services are tested on the wire.")
_NAME = (
    "a name lookup of the operating system",
    "It was imported before the simulation; import the application in it.",
)

_REFUSED: dict[str, tuple[str, str]] = {
    "_thread.start_new_thread": _THREAD,
    "_thread.start_joinable_thread": _THREAD,
    "socket.__new__": (
        "a socket of the operating system",
        "Use asyncio's connections; `socket.socket` was imported before the simulation.",
    ),
    "socket.getaddrinfo": _NAME,
    "socket.gethostbyname": _NAME,
    "time.sleep": (
        "time.sleep, imported before the simulation,",
        "Import the application in the simulation, or use asyncio.sleep.",
    ),
    "subprocess.Popen": _PROCESS,
    "os.system": _PROCESS,
    "os.posix_spawn": _PROCESS,
    "os.spawn": _PROCESS,
    "os.fork": _PROCESS,
    "os.forkpty": _PROCESS,
    "os.exec": _PROCESS,
}

Refuse = Callable[[str, str], Exception | None]

_refusing: dict[int, Refuse] = {}
"""Who refuses, for each thread that runs a simulated loop."""
_hooked: list[bool] = []


def set_refusing_here(refuse: Refuse | None) -> None:
    """Begin or end to refuse in this thread. The hook stays, since Python can't remove one."""
    if refuse is None:
        _refusing.pop(get_ident(), None)
        return
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked.append(True)
    _refusing[get_ident()] = refuse


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event == "sqlite3.connect/handle" and (process := process_here()) is not None:
        process.databases.append(args[0])
    if event == "fcntl.flock" and (process := process_here()) is not None:
        process.locked.add(args[0])
    if event in _REFUSED and (refuse := _refusing.get(get_ident())) is not None:
        what, advice = _REFUSED[event]
        if what == THREAD and args:
            what = f"{THREAD} ({getattr(args[0], '__qualname__', args[0])})"
        if (error := refuse(what, advice)) is not None:
            raise error
