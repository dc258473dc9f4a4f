"""`seatrial report`: a result as a page again, and next to an earlier one."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.output import Outputs, finish
from seatrial.cli.setting import JsonOption, JunitOption, QuietOption


def report(
    result: Annotated[Path, typer.Argument(help="A result that --json wrote.")],
    against: Annotated[
        Path | None, typer.Option("--against", help="An earlier result; show what changed.")
    ] = None,
    folder: Annotated[Path, typer.Option("--report", help="The folder of the HTML report.")] = Path(
        "report"
    ),
    json: JsonOption = None,
    junit: JunitOption = None,
    quiet: QuietOption = False,
) -> None:
    """Show a result again, and what changed since an earlier one.

    For example: seatrial report new.json --against old.json

    Exits as the run did: 0 passed, 1 failed, 4 invalid. With --against: 0 when nothing is worse, 1
    when a check newly failed, is newly undecided or no longer tested, or repeated load runs are
    surely slower, and 4 when one of the two runs is invalid.
    """
    from seatrial.reports.changes import with_changes
    from seatrial.results import Result, RunVerdict

    outputs = Outputs(json, folder, junit)
    shown = Result.read(result)
    if against is None:
        raise typer.Exit(finish(shown, outputs, quiet=quiet))
    old = Result.read(against)
    shown = with_changes(old, shown)
    assert shown.changes is not None
    finish(shown, outputs, quiet=quiet)
    if RunVerdict.INVALID in (old.verdict, shown.verdict):
        raise typer.Exit(RunVerdict.INVALID.exit_code)
    raise typer.Exit(int(shown.changes.worse))
