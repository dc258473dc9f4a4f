"""Where in the application's code something was asked for, or is waited for."""

import asyncio
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

_OWN = str(Path(__file__).parent)
_STANDARD = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})
_INSTALLED = ("site-packages", "dist-packages")


def asking_line() -> str:
    """Return the line of the application that led here.

    A library that asks in a task of its own has no application on its stack: then it is
    the library's line.
    """
    library: str | None = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if _is_application(name):
            return _line(frame)
        if library is None and _is_library(name):
            library = f"{_line(frame)} (a library)"
        frame = frame.f_back
    return library or "an unknown place"


def waiting_lines(loop: asyncio.AbstractEventLoop) -> list[str]:
    """Return a line for each unfinished task of a loop: its name, and where it waits."""
    tasks = [task for task in asyncio.all_tasks(loop) if not task.done()]
    return sorted(f"{task.get_name()}: {_waiting_at(task)}" for task in tasks)


def _waiting_at(task: asyncio.Task[Any]) -> str:
    frames = list(_suspended(task.get_coro()))
    if not frames:
        return repr(task.get_coro())
    mine = [frame for frame in frames if _is_application(frame.f_code.co_filename)]
    here = _line((mine or frames)[-1])
    return here if (mine or frames)[-1] is frames[-1] else f"{here}, waiting in {_line(frames[-1])}"


def _suspended(awaited: Any) -> Iterator[FrameType]:
    """Yield the frames of a chain of awaits, the outermost first."""
    while awaited is not None:
        for kind in ("cr", "gi", "ag"):
            if (frame := getattr(awaited, f"{kind}_frame", None)) is not None:
                yield frame
                inner = "gi_yieldfrom" if kind == "gi" else f"{kind}_await"
                awaited = getattr(awaited, inner, None)
                break
        else:
            return


def _is_library(filename: str) -> bool:
    return any(part in filename for part in _INSTALLED)


def _is_application(filename: str) -> bool:
    outside = not filename.startswith((_OWN, "<", *_STANDARD))
    return outside and not _is_library(filename)


def _line(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f"{path}:{frame.f_lineno} in {frame.f_code.co_name}"
