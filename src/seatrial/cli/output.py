"""The output for a person: steps while they are taken, the table at the end, files on request."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.cli.setting import require
from seatrial.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from seatrial.results import Result

Note = Callable[[str], None]


def say(sentence: str) -> None:
    """Write a sentence to standard error, as it is."""
    print(sentence, file=sys.stderr)  # noqa: T201 - the one place that does


_NOW_AND_THEN_S = 30.0
"""Where no terminal shows what a step is at: a log that stays silent looks like one that hangs."""


class Steps:
    """The steps of a command on standard error: live on a terminal, a few lines each elsewhere."""

    def __init__(
        self,
        console: "Console | None" = None,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Write to this console, by default standard error's; quiet writes nothing."""
        self.quiet = quiet
        self._clock = clock
        self._console = console or progress_console(quiet=quiet)

    @contextmanager
    def step(self, title: str) -> Iterator[Note]:
        """Show a step while it is taken; the yielded function says what it is at."""
        from rich.markup import escape

        started_s = said_s = self._clock()

        def now_and_then(text: str) -> None:
            nonlocal said_s
            if self._clock() >= said_s + _NOW_AND_THEN_S:
                said_s = self._clock()
                self._console.print(f"{escape(title)} · {escape(text)}")

        if not self._console.is_terminal:
            self._console.print(f"{escape(title)} ...")
            yield now_and_then
        else:
            with self._console.status(escape(title)) as status:
                yield lambda text: status.update(f"{escape(title)} · {escape(text)}")
        self._console.print(f"{escape(title)}: {self._clock() - started_s:.1f} s")


def progress_console(*, quiet: bool) -> "Console":
    """Return the console that progress is shown on: standard error's."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, quiet=quiet)


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
        new = not path.exists()
        try:
            with path.open("a", encoding="utf-8"):
                pass
            if new:
                path.unlink()  # a command that ends before it has a result leaves no empty file
        except OSError as error:
            raise UsageError(f"{path}: can't be written: {error.strerror}") from None
    return path


@dataclass(frozen=True)
class Outputs:
    """The files that a command was asked to write of its result.

    Made before the work begins, so that what can't be written is said then.

    Raises:
        UsageError: one can't be written, or what writes it isn't installed.
    """

    json: Path | None = None
    report: Path | None = None
    """The page's folder."""
    junit: Path | None = None

    def __post_init__(self) -> None:
        """Look whether each can be written."""
        writable(self.json)
        writable(self.junit)
        if self.report is not None:
            require("report")

    @property
    def any(self) -> bool:
        """Whether there is anything to write."""
        return any((self.json, self.report, self.junit))

    def write(self, result: "Result") -> None:
        """Write them all.

        Raises:
            UsageError: one can't be written.
        """
        from seatrial.files import write_whole
        from seatrial.reports.html import write_report
        from seatrial.reports.junit import junit_xml

        for path, write in (
            (self.json, result.write),
            (self.junit, lambda path: write_whole(path, junit_xml(result))),
        ):
            try:
                if path is not None:
                    write(path)
            except OSError as error:
                raise UsageError(f"{path}: can't be written: {error.strerror}") from None
        if self.report is not None:
            write_report(result, self.report)


def finish(result: "Result", outputs: Outputs, *, quiet: bool = False) -> int:
    """Write a result where asked, then show it, or if quiet what is wrong; return the exit code.

    Raises:
        UsageError: it can't be written.
    """
    from seatrial.reports.terminal import render

    outputs.write(result)
    render(result, console(), quiet=quiet, wrapped=wraps())
    if outputs.report is not None and not quiet:
        say(f"report: {outputs.report / 'index.html'}")
    return result.verdict.exit_code
