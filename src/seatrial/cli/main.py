"""The entry point: commands, and errors as one sentence on standard error."""

import errno
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType

import typer

from seatrial.cli import (
    chaos,
    contracts,
    doctor,
    explore,
    infer,
    init,
    load,
    merge,
    record,
    report,
    run,
    up,
)
from seatrial.cli.earlier import EarlierFiles
from seatrial.cli.output import say
from seatrial.errors import SeatrialError, UsageError

_UNWRITABLE = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT)

app = typer.Typer(
    name="seatrial",
    help="Proves that services keep their promises: contracts, chaos, load.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(run.run)
app.command()(init.init)
app.command()(infer.infer)
app.command()(explore.explore)
app.command()(merge.merge)
app.command()(contracts.contracts)
app.command()(record.record)
app.command()(report.report)
app.command()(up.up)
app.command()(doctor.doctor)
app.add_typer(chaos.app, name="chaos")
app.add_typer(load.app, name="load")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"seatrial {version('seatrial')}")
        raise typer.Exit


@app.callback()
def _options(
    _: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Say the version."
    ),
) -> None:
    pass


def _terminated(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _say_each(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        say(f"seatrial: {sentence}")


def main() -> None:
    """Run the command line; exits 0, 1, 2 or 4, or 128 + n after signal n."""
    signal.signal(signal.SIGTERM, _terminated)
    # A shell without job control starts what it puts into the background with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    earlier = EarlierFiles(sys.argv)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we began: nobody wants to read it
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end
    try:
        app()
    except SeatrialError as error:
        say(f"seatrial: {error}")
        _say_each(earlier.left())
        sys.exit(error.exit_code)
    except SystemExit as end:
        # Typer makes of a KeyboardInterrupt this exit, and says nothing.
        if end.code == 128 + signal.SIGINT:
            say("seatrial: interrupted; everything that was started is stopped")
        if end.code:
            _say_each(earlier.left())
        raise
    except BrokenPipeError:
        # Whoever read our output is gone; nothing more can be said to them.
        _drop_output()
        sys.exit(1)
    except OSError as error:
        where = "standard output" if error.errno in _UNWRITABLE else "the system"
        say(f"seatrial: {error.filename or where}: {error.strerror or error}")
        _drop_output()
        sys.exit(UsageError.exit_code)


def _drop_output() -> None:
    """Let what is still to be flushed go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
