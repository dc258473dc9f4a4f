"""Watching a running system: what ends is reported, and started again where that was asked for."""

import time
from collections.abc import Callable, Mapping, Sequence

from seatrial.errors import SeatrialError
from seatrial.system import Process

_LAST_LINES = 5
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_SETTLED_S = 30.0
"""The time after which what runs counts as well again: its next restart is at once."""

Restart = Callable[[], str]
"""Starts something again and returns a sentence about where it is."""


class Watch:
    """Reports each process that ends, once.

    Args:
        processes: returns those to look at; one that is new, as after a restart, is watched too.
        restarts: how to start again what ended, by the process's name; empty: nothing is.
        say: takes each sentence.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        processes: Callable[[], Sequence[Process]],
        restarts: Mapping[str, Restart],
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._processes = processes
        self._restarts = restarts
        self._say = say
        self._clock = clock
        self._reported = {each for each in processes() if not each.running}
        self._due_s: dict[str, float] = {}
        self._last: dict[str, tuple[float, float]] = {}
        """When each was started again, and after which pause."""

    def look(self) -> None:
        """Report what has ended since the last look, and start again what is due."""
        for process in self._processes():
            if process not in self._reported and not process.running:
                self._reported.add(process)
                self._say(_ended(process, hint=not self._restarts))
                if process.name in self._restarts:
                    self._due_s[process.name] = self._clock() + self._pause_s(process.name)
        for name, due_s in list(self._due_s.items()):
            if self._clock() >= due_s:
                self._start_again(name)

    def _pause_s(self, name: str) -> float:
        started_s, pause_s = self._last.get(name, (float("-inf"), 0.0))
        if self._clock() - started_s >= _SETTLED_S:
            return 0.0
        return min(_LONGEST_PAUSE_S, 2 * pause_s or _FIRST_PAUSE_S)

    def _start_again(self, name: str) -> None:
        pause_s = self._pause_s(name)
        self._last[name] = (self._clock(), pause_s)
        try:
            where = self._restarts[name]()
        except SeatrialError as error:
            # The processes of this attempt are reported by its error.
            self._reported |= {
                each for each in self._processes() if each.name == name and not each.running
            }
            pause_s = self._pause_s(name)
            self._due_s[name] = self._clock() + pause_s
            self._say(f"{error}\n{name} isn't started again; the next attempt is in {pause_s:g} s")
        else:
            del self._due_s[name]
            self._say(f"{name} is started again: {where}")


def _ended(process: Process, *, hint: bool) -> str:
    status = process.returncode or 0
    how = f"by signal {status - 128}" if status > 128 else f"with status {status}"
    last = process.tail(_LAST_LINES)
    said = f" It said last:\n{last}" if last else ""
    fix = "\nStart with --restart, and what ends is started again." if hint else ""
    return f"{process.name} has ended {how}.{said}{fix}"
