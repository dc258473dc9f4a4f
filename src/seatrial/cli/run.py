"""`seatrial run`: everything, on the configured system, within a minute or two."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.chaos import run_on
from seatrial.cli.ending import Ending
from seatrial.cli.explore import explore_singles
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
    from seatrial.results import Check, ExploredCase, ExploredCoverage, Result
    from seatrial.system import Session

_EXPLORES_S = 10.0
"""What isn't explored by then is left; seatrial explore has the time."""
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

    found = _Found()
    ending = Ending(lambda: bool(found.checks or found.invalid))
    with ending, Session() as session, open_engine(session, engine.value) as opened:
        _everything(where, session, opened, Steps(quiet=quiet), found)
    result = where.result(
        "run",
        found.checks,
        engine=found.engine,
        figures=found.figures,
        invalid=[*found.invalid, *ending.invalid],
        notes=found.notes,
    ).model_copy(update={"cases": tuple(found.cases), "coverage": found.coverage})
    status = finish(result, outputs, quiet=quiet)
    ending.pass_on()
    raise typer.Exit(status)


@dataclass
class _Found:
    """What was found until now."""

    engine: str | None = None
    checks: "list[Check]" = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    cases: "list[ExploredCase]" = field(default_factory=list)
    coverage: "dict[str, ExploredCoverage]" = field(default_factory=dict)

    def add(self, part: "Result") -> None:
        """Take what a step found."""
        self.checks += part.checks
        self.notes += part.notes
        self.figures |= part.figures
        self.cases += part.cases
        self.coverage |= part.coverage


def _load_left_out(where: Setting) -> str | None:
    """Say why no load is run; None where some is."""
    if not where.config.load:
        return "load is left out: no [load.NAME] is declared; seatrial init --load writes a profile"
    if not (where.folder / "load").is_dir():
        return "load is left out: there is no folder load/ next to the configuration"
    return None


def _everything(
    where: Setting, session: "Session", engine: "Engine", steps: Steps, found: _Found
) -> None:
    """Run all of it, and add what it comes to.

    Raises:
        KeyboardInterrupt: somebody ended it before it was whole.
    """
    from seatrial.scenarios import usable_scenarios
    from seatrial.system import Launcher
    from seatrial.testbed import WireTestbed

    found.engine = engine.name
    scenarios = usable_scenarios(where.folder)
    jobs: dict[str, LoadJob] = {}
    if (left_out := _load_left_out(where)) is None:
        from seatrial.loads.session import load_jobs

        jobs = load_jobs(where.config, where.folder / "load", where.config.load)
    else:
        found.notes.append(left_out)
    _contracts(where, session, steps, found)
    if can_be_virtual(where):
        with steps.step("production numbers, in virtual time"):
            virtual = run_apart(session, where)
        found.add(virtual)
    _exploration(where, steps, found)
    short = [scenario for scenario in scenarios.values() if _SHORT in scenario.tags]
    short = short or list(scenarios.values())
    if others := [scenario.name for scenario in scenarios.values() if scenario not in short]:
        found.notes.append(
            f"{len(others)} of {len(scenarios)} chaos scenarios are left out here "
            f"({', '.join(others)}): seatrial chaos run runs all"
        )
    launcher = Launcher(session, where.config, where.folder)
    for name in where.config.edges:
        with steps.step(f"starting {name}"):
            testbed = WireTestbed(launcher, engine, name)
        chaos = run_on(steps, testbed, short)
        found.checks += chaos.checks
        found.invalid += chaos.invalid
        if chaos.interrupted:
            raise KeyboardInterrupt
        for job in jobs.values():
            if job.edge == name:
                outcome = load_edge(steps, testbed, job, where)
                found.checks += outcome.checks
                found.invalid += outcome.invalid
                found.figures |= outcome.figures
                if outcome.interrupted:
                    raise KeyboardInterrupt
    found.notes += launcher.neighbours.said


def _exploration(where: Setting, steps: Steps, found: _Found) -> None:
    """Explore the single faults of the edges' triggers, as far as the time goes."""
    from seatrial.config import load_config
    from seatrial.virtual import lacks_virtual_time

    if not where.config.edges:
        found.notes.append("exploration is left out: no edge declares a trigger")
    elif (lacking := lacks_virtual_time(load_config(where.path, virtual=True))) is not None:
        found.notes.append(f"exploration is left out: {lacking}; seatrial explore runs on the wire")
    else:
        found.add(explore_singles(where, where.config.edges, _EXPLORES_S, steps))


def _contracts(where: Setting, session: "Session", steps: Steps, found: _Found) -> None:
    folder = where.folder / "contracts"
    if not folder.is_dir():
        found.notes.append(
            "contracts are left out: there is no folder contracts/ next to the configuration"
        )
        return
    from seatrial.pacts import run_contracts
    from seatrial.results import RunVerdict

    with steps.step("contracts") as note:
        result = run_contracts(session, folder=folder, progress=note)
    found.checks += result.checks
    found.figures |= result.figures
    if result.verdict is RunVerdict.INVALID:
        raise KeyboardInterrupt
