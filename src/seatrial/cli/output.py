"""The output for a person: steps while they are taken, the table at the end, files on request."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from seatrial.results import Result

Note = Callable[[str], None]


def say(sentence: str) -> None:
    """Write a sentence to standard error, as it is."""
    print(sentence, file=sys.stderr)  # noqa: T201 - the one place that does


class Steps:
    """The steps of a command on standard error: live on a terminal, one line each elsewhere."""

    def __init__(self, console: "Console | None" = None, *, quiet: bool = False) -> None:
        """Write to this console, by default standard error's; quiet writes nothing."""
        from rich.console import Console

        self.quiet = quiet
        self._console = console or Console(stderr=True, highlight=False, quiet=quiet)

    @contextmanager
    def step(self, title: str) -> Iterator[Note]:
        """Show a step while it is taken; the yielded function says what it is at."""
        from rich.markup import escape

        started_s = time.monotonic()
        if not self._console.is_terminal:
            self._console.print(f"{escape(title)} ...")
            yield lambda _: None
        else:
            with self._console.status(escape(title)) as status:
                yield lambda text: status.update(f"{escape(title)} · {escape(text)}")
        self._console.print(f"{escape(title)}: {time.monotonic() - started_s:.1f} s")


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table to standard output."""
    from rich.markup import escape
    from rich.table import Table

    grid = Table(*titles, box=None, pad_edge=False)
    for row in rows:
        grid.add_row(*map(escape, row))
    console().print(grid)


_PIPED_COLUMNS = 1_000
"""For a file or a program that reads it: wrapping is up to them."""


def wraps() -> bool:
    """Return whether standard output is to be wrapped: at a terminal, or where COLUMNS is set."""
    return sys.stdout.isatty() or "COLUMNS" in os.environ


def console() -> "Console":
    """Return standard output's console; that nobody reads it any more changes no exit code."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return Output(highlight=False, width=None if wraps() else _PIPED_COLUMNS)


def writable(path: Path | None) -> Path | None:
    """The path of a file that a command shall write, checked before the work begins.

    Raises:
        UsageError: its folder doesn't exist, or it can't be written there.
    """
    if path is not None:
        try:
            with path.open("a", encoding="utf-8"):
                pass
        except OSError as error:
            raise UsageError(f"{path}: can't be written: {error.strerror}") from None
    return path


def finish(result: "Result", json: Path | None, *, quiet: bool = False) -> int:
    """Write a result where asked, then show it, or if quiet what is wrong; return the exit code.

    Raises:
        UsageError: it can't be written.
    """
    from seatrial.reports.terminal import render

    if json is not None:
        try:
            result.write(json)
        except OSError as error:
            raise UsageError(f"{json}: can't be written: {error.strerror}") from None
    render(result, console(), quiet=quiet, wrapped=wraps())
    return result.verdict.exit_code
