"""`seatrial doctor`: what this machine has, and what each part of Seatrial will use."""

from datetime import UTC, datetime
from pathlib import Path

import typer

from seatrial.cli.output import Outputs, Steps, finish
from seatrial.cli.setting import JsonOption, QuietOption


def doctor(json: JsonOption = None, quiet: QuietOption = False) -> None:
    """Look at this machine: what each part will use, what is missing, and how to get it.

    For example: seatrial doctor --json doctor.json

    Exits 0 when nothing stands in the way, and 1 when something does; it says the fix.
    """
    outputs = Outputs(json)

    from seatrial.doctor import examine, look
    from seatrial.results import Result, judge

    started = datetime.now(UTC)
    with Steps(quiet=quiet).step("looking"):
        checks = examine(look(Path.cwd()))
    result = Result(
        command="doctor",
        verdict=judge(checks),
        seed=0,
        started=started,
        duration_s=round((datetime.now(UTC) - started).total_seconds(), 3),
        checks=checks,
    )
    raise typer.Exit(finish(result, outputs, quiet=quiet))
