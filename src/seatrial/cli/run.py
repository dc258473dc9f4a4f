"""`seatrial run`: everything, on the configured system, within a minute or two."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.chaos import run_on
from seatrial.cli.load import load_edge
from seatrial.cli.output import Outputs, Steps, finish
from seatrial.cli.setting import (
    DEFAULT_CONFIG,
    ConfigOption,
    EngineChoice,
    EngineOption,
    JsonOption,
    JunitOption,
    QuietOption,
    SeedOption,
    Setting,
    require,
    setting,
)
from seatrial.cli.virtual import can_be_virtual, run_apart

if TYPE_CHECKING:
    from seatrial.faults import Engine
    from seatrial.loads.session import LoadJob
    from seatrial.results import Check, Result
    from seatrial.system import Session

_SHORT = "run"
"""The tag of the scenarios that run here; without any, all do."""


def run(
    engine: EngineOption = EngineChoice.AUTO,
    report: Annotated[Path, typer.Option("--report", help="The folder of the HTML report.")] = Path(
        "report"
    ),
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    junit: JunitOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Put the system through contracts, chaos and load, and say what was found.

    For example: seatrial run --json result.json --report out

    Exits 0 when all passed, 1 when a check failed, 2 when it could not start, and 4 when the run
    is invalid: it proves nothing either way.
    """
    where = setting(config, seed)
    contracts = (where.folder / "contracts").is_dir()
    parts = {"pact": contracts, "load": _load_left_out(where) is None}
    require("chaos", "report", *(one for one, there in parts.items() if there), *where.servers)
    outputs = Outputs(json, report, junit)

    from seatrial.faults import open_engine
    from seatrial.system import Session

    with Session() as session, open_engine(session, engine.value) as opened:
        result, interrupted = _everything(where, session, opened, Steps(quiet=quiet))
    status = finish(result, outputs, quiet=quiet)
    if interrupted:
        raise KeyboardInterrupt
    raise typer.Exit(status)


def _load_left_out(where: Setting) -> str | None:
    """Say why no load is run; None where some is."""
    if not where.config.load:
        return "load is left out: no [load.NAME] is declared; seatrial init --load writes a profile"
    if not (where.folder / "load").is_dir():
        return "load is left out: there is no folder load/ next to the configuration"
    return None


def _everything(
    where: Setting, session: "Session", engine: "Engine", steps: Steps
) -> "tuple[Result, bool]":
    """Return what was found, and whether somebody ended it before it was whole."""
    from seatrial.scenarios import usable_scenarios
    from seatrial.system import Launcher
    from seatrial.testbed import WireTestbed

    scenarios = usable_scenarios(where.folder)
    jobs: dict[str, LoadJob] = {}
    checks: list[Check] = []
    notes: list[str] = []
    figures: dict[str, float] = {}
    if (left_out := _load_left_out(where)) is None:
        from seatrial.loads.session import load_jobs

        jobs = load_jobs(where.config, where.folder / "load", where.config.load)
    else:
        notes.append(left_out)
    if (where.folder / "contracts").is_dir():
        from seatrial.pacts import run_contracts

        with steps.step("contracts") as note:
            found = run_contracts(session, folder=where.folder / "contracts", progress=note)
            checks += found.checks
            figures |= found.figures
    else:
        notes.append(
            "contracts are left out: there is no folder contracts/ next to the configuration"
        )
    if can_be_virtual(where):
        with steps.step("production numbers, in virtual time"):
            virtual = run_apart(session, where)
        checks += virtual.checks
        figures |= virtual.figures
        notes += virtual.notes
    short = [scenario for scenario in scenarios.values() if _SHORT in scenario.tags]
    short = short or list(scenarios.values())
    if others := [scenario.name for scenario in scenarios.values() if scenario not in short]:
        notes.append(
            f"{len(others)} of {len(scenarios)} chaos scenarios are left out here "
            f"({', '.join(others)}): seatrial chaos run runs all"
        )
    launcher = Launcher(session, where.config, where.folder)
    invalid: list[str] = []
    interrupted = False
    for name in where.config.edges:
        if interrupted:
            break
        with steps.step(f"starting {name}"):
            testbed = WireTestbed(launcher, engine, name)
        chaos = run_on(steps, testbed, short)
        checks += chaos.checks
        invalid += chaos.invalid
        interrupted = chaos.interrupted
        for job in jobs.values():
            if job.edge == name and not interrupted:
                outcome = load_edge(steps, testbed, job, where)
                checks += outcome.checks
                invalid += outcome.invalid
                figures |= outcome.figures
    result = where.result(
        "run",
        checks,
        engine=engine.name,
        figures=figures,
        invalid=invalid,
        notes=[*notes, *launcher.neighbours.said],
    )
    return result, interrupted
