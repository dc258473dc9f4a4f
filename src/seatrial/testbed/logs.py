"""What services print, and how much of it had been printed at which moment."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from pathlib import Path

from seatrial.testbed.clock import MACHINE_CLOCK, Clock

_LINES = 20
_MOST_BYTES = 64 * 1024
_LATE_S = 0.05
"""A line may reach its file a moment after the answer that it is about has left."""

LogFile = Callable[[], Path | None]
Sizes = Mapping[str, tuple[Path, int]]


class ServiceLogs:
    """The log files of some services. A process that is started again has another file."""

    def __init__(self, files: Mapping[str, LogFile], clock: Clock = MACHINE_CLOCK) -> None:
        """Take where each service writes to now, by its name; None where nobody knows."""
        self._files = files
        self._clock = clock
        self._times_s: list[float] = []
        self._marks: list[Sizes] = []

    def mark(self) -> None:
        """Note how much has been printed until now."""
        self._times_s.append(self._clock.now_s())
        self._marks.append(self._sizes())

    def around(self, from_s: float, to_s: float) -> dict[str, str]:
        """Return the last lines that each service printed between two moments, by a title.

        What it printed before stands in for nothing, and says so.
        """
        found = {}
        before = self._at(bisect_right(self._times_s, from_s) - 1)
        after = self._at(bisect_left(self._times_s, to_s + _LATE_S)) or self._sizes()
        for name, (path, size) in after.items():
            old_path, old_size = before.get(name, (path, 0))
            if said := _lines(path, old_size if old_path == path else 0, size):
                found[f"{name} printed meanwhile"] = said
            elif said := _lines(path, 0, size):
                found[f"{name} printed nothing meanwhile, and last before"] = said
        return found

    def _at(self, place: int) -> Sizes:
        return self._marks[place] if 0 <= place < len(self._marks) else {}

    def _sizes(self) -> Sizes:
        paths = {name: path for name, file in self._files.items() if (path := file())}
        return {name: (path, path.stat().st_size) for name, path in paths.items() if path.exists()}


def _lines(path: Path, start: int, end: int) -> str:
    """Return the last whole lines between two places of a file."""
    with path.open("rb") as file:
        file.seek(max(start, end - _MOST_BYTES))
        said = file.read(max(0, end - file.tell())).decode("utf-8", "replace")
    return "\n".join(said.splitlines()[-_LINES:])
