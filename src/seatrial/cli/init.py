"""`seatrial init`: a first seatrial.toml for the reader's own service."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.setting import QuietOption, require
from seatrial.config import CONFIG_NAME
from seatrial.errors import UsageError

if TYPE_CHECKING:
    from seatrial.scaffold import Draft


def init(
    folder: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    force: Annotated[bool, typer.Option(help=f"Replace a {CONFIG_NAME} that is there.")] = False,
    load: Annotated[
        bool, typer.Option("--load", help="Write a load profile for each edge instead, in load/.")
    ] = False,
    try_: Annotated[
        bool,
        typer.Option(
            "--try/--no-try", help="Start the service and make a call, to see what works."
        ),
    ] = True,
    quiet: QuietOption = False,
) -> None:
    """Write a commented seatrial.toml from what the folder says: how it starts, whom it calls.

    For example: seatrial init ../shop

    Asks nothing. Then it starts the service and makes a call, and writes what worked. What had to
    be guessed is marked CHECK in the file.
    """
    path = folder / CONFIG_NAME
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder")
    if load:
        _profiles(path, quiet=quiet)
        return
    if path.exists() and not force:
        raise UsageError(f"{path} is there already; edit it, or replace it with --force")

    from seatrial.config import SHIPPED_SCHEMA
    from seatrial.scaffold import SCHEMA_NAME, draft, look, written

    hints = look(folder)
    found = draft(hints)
    try:
        path.write_text(written(found), encoding="utf-8")
        (folder / SCHEMA_NAME).write_text(
            SHIPPED_SCHEMA.read_text(encoding="utf-8"), encoding="utf-8"
        )
    except OSError as error:
        raise UsageError(f"{path}: can't be written: {error.strerror}") from None
    if try_:
        _tried(path, found, quiet=quiet)
    if quiet:
        return
    calls = ", ".join(hints.variables) or "no variable with another service's address was found"
    started = f"started by: {' '.join(hints.command.words)}" if hints.command else "start unknown"
    typer.echo(f"wrote {path} and {folder / SCHEMA_NAME} (for editors)")
    typer.echo(f"{hints.name}: {started}; calls: {calls}; pacts found: {len(hints.pacts)}")
    typer.echo("next: look at the lines marked CHECK, then run: seatrial chaos run provider_down")
    if find_spec("seatrial.cli.infer"):
        typer.echo("and to have its policy written from what it does: seatrial infer --write")


def _tried(path: Path, found: "Draft", *, quiet: bool) -> None:
    """Try what was guessed, and write what worked."""
    from seatrial.cli.output import Steps
    from seatrial.scaffold import try_out, written

    try:
        require("chaos")
    except UsageError as error:
        typer.echo(f"not tried: {error}")
        return
    with Steps(quiet=quiet).step("trying it (--no-try leaves that out)") as note:
        trial = try_out(path, found, note)
    path.write_text(written(trial.draft), encoding="utf-8")
    for sentence in trial.said if not quiet else ():
        typer.echo(f"- {sentence}")


def _profiles(path: Path, *, quiet: bool) -> None:
    """Write load profiles for the edges that the configuration declares."""
    from seatrial.config import load_config
    from seatrial.loads.session import write_first_profiles

    edges = load_config(path).edges
    if not edges:
        raise UsageError(f"{path}: declares no edge to load; add one, as `seatrial init` does")
    written = write_first_profiles(path.parent / "load", edges)
    for one in written if not quiet else ():
        typer.echo(f"wrote {one}; next: seatrial load run {one.stem.replace('_', '-')}")
    if not written and not quiet:
        typer.echo(f"{path.parent / 'load'}: every edge has a profile already")
