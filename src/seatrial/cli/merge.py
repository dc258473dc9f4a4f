"""`seatrial merge`: one result of those of shards."""

from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.output import Outputs, finish
from seatrial.cli.setting import JsonOption, JunitOption, QuietOption, ReportOption


def merge(
    files: Annotated[
        list[Path], typer.Argument(help="Results of seatrial explore --shard.", metavar="FILE...")
    ],
    json: JsonOption = None,
    junit: JunitOption = None,
    report: ReportOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make one result of those that the shards of an exploration wrote.

    For example: seatrial merge shard-*.json --report report

    Exits as the exploration would have as a whole; 4 too if a shard is missing.
    """
    from seatrial.explore import merged
    from seatrial.results import Result

    result = merged({path: Result.read(path) for path in files})
    raise typer.Exit(finish(result, Outputs(json, report, junit), quiet=quiet))
