"""Files of an earlier run: whoever reads one after a command that wrote none would be misled."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

_OPTIONS = ("--json", "--junit")
_WITH_VALUE = tuple(f"{option}=" for option in _OPTIONS)


class EarlierFiles:
    """The files that a command is asked to write and that are there before it has begun."""

    def __init__(self, words: Sequence[str]) -> None:
        """Look for them in a command line, which may be one that can't be parsed."""
        named = [word.partition("=")[2] for word in words if word.startswith(_WITH_VALUE)]
        named += [value for option, value in pairwise(words) if option in _OPTIONS]
        self._written_ns: dict[Path, int] = {}
        for path in map(Path, named):
            with suppress(OSError):
                self._written_ns[path] = path.stat().st_mtime_ns

    def left(self) -> Iterator[str]:
        """Say of each that the command hasn't written that it is an earlier run's."""
        for path, written_ns in self._written_ns.items():
            with suppress(OSError):
                if path.is_file() and path.stat().st_mtime_ns == written_ns:
                    yield f"{path} is from an earlier run: this one has written no result"
