"""`seatrial chaos`: scenarios on demand."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.case_runs import run_cases
from seatrial.cli.completion import edge_names, scenario_names
from seatrial.cli.ending import Ending
from seatrial.cli.output import Outputs, Steps, finish, say, table
from seatrial.cli.setting import (
    DEFAULT_CONFIG,
    ConfigOption,
    EngineChoice,
    EngineOption,
    JsonOption,
    JunitOption,
    QuietOption,
    ReportOption,
    SeedOption,
    Setting,
    known,
    require,
    setting,
)
from seatrial.cli.virtual import prepare, run_virtually

if TYPE_CHECKING:
    from seatrial.results import Check
    from seatrial.scenarios import ChaosRun, Scenario
    from seatrial.testbed import WireTestbed

app = typer.Typer(no_args_is_help=True, help="Let the network fail, and judge what callers do.")


@app.command("list")
def list_(
    config: ConfigOption = DEFAULT_CONFIG,
    faults: Annotated[
        bool, typer.Option("--faults", help="List the faults that a scenario can make instead.")
    ] = False,
    checks: Annotated[
        bool,
        typer.Option(
            "--checks", help="List the checks, and what each must have seen to be decided, instead."
        ),
    ] = False,
) -> None:
    """List the scenarios, the faults that they can make, or the checks that judge them.

    For example: seatrial chaos list --checks
    """
    require("chaos")
    if checks:
        from seatrial.cli.check_list import list_checks

        list_checks(_scenarios(setting(config)).values())
        return
    if faults:
        from seatrial.cli.fault_list import list_faults

        if config.exists():
            setting(config)  # for its plugins' faults
        list_faults()
        return
    found = _scenarios(setting(config)).values()
    rows = ((scenario.name, " ".join(scenario.tags), scenario.title) for scenario in found)
    table(("scenario", "tags", "what happens"), rows)


@app.command("run")
def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Scenarios; by default all.", autocompletion=scenario_names),
    ] = None,
    edge: Annotated[
        list[str] | None,
        typer.Option("--edge", help="Edges; by default all.", autocompletion=edge_names),
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Only scenarios with one of these tags.")
    ] = None,
    engine: EngineOption = EngineChoice.AUTO,
    controls: Annotated[
        bool, typer.Option(help="Put the negative controls through it too.")
    ] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    junit: JunitOption = None,
    report: ReportOption = None,
    seed: SeedOption = None,
    repeat: Annotated[
        int, typer.Option(min=1, max=10_000, help="Run them N times, and count false alarms.")
    ] = 1,
    virtual: Annotated[
        bool,
        typer.Option("--virtual", help="In virtual time, on the services' applications."),
    ] = False,
    case: Annotated[
        list[Path] | None,
        typer.Option(
            "--case",
            help="Run what seatrial explore kept in this file, and no scenario.",
            metavar="FILE",
        ),
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Run scenarios on the system's edges, and judge each by its declared policy.

    What seatrial explore kept in chaos/cases is run as well, once, unless scenarios, edges or tags
    are chosen.

    For example: seatrial chaos run provider_down --engine embedded
    """
    if case and (names or edge or tag or virtual):
        raise typer.BadParameter(
            "goes with neither scenarios, --edge, --tag nor --virtual", param_hint="--case"
        )
    if virtual:
        prepare()
    where = setting(config, seed, virtual=virtual)
    require("chaos", *(() if virtual else where.servers))
    outputs = Outputs(json, report, junit)
    from seatrial.explore import kept_cases

    if case:
        from seatrial.faults import open_engine
        from seatrial.system import Session

        with Session() as session, open_engine(session, engine.value) as opened:
            checks = run_cases(where, case, Steps(quiet=quiet), opened)
        shown = where.result("chaos run", checks, engine=opened.name)
        raise typer.Exit(finish(shown, outputs, quiet=quiet))
    chosen = choose(_scenarios(where), names or (), tag or ())
    edges = [known("edge", name, where.config.edges) for name in edge or where.config.edges]
    kept = [] if names or edge or tag else kept_cases(where.folder)
    if virtual:
        steps, ending = Steps(quiet=quiet), Ending(lambda: False)
        found = run_virtually(
            where, chosen, edges, kept, controls=controls, steps=steps, ending=ending
        )
        status = finish(found, outputs, quiet=quiet)
        ending.pass_on()
        raise typer.Exit(status)

    from seatrial.faults import open_engine
    from seatrial.system import Launcher, Session
    from seatrial.testbed import WireTestbed

    steps = Steps(quiet=quiet)
    rounds: list[list[ChaosRun]] = []
    of_cases: list[Check] = []
    launcher: Launcher | None = None
    engine_name: str | None = None
    took_s = 0.0
    ending = Ending(lambda: bool(rounds and rounds[0]))
    with ending, Session() as session, open_engine(session, engine.value) as opened:
        engine_name = opened.name
        launcher = Launcher(session, where.config, where.folder)
        testbeds = []
        for name in edges:
            with steps.step(f"starting {name}"):
                testbeds.append(WireTestbed(launcher, opened, name))
        began_s = time.monotonic()
        for _ in range(repeat):
            rounds.append([])
            for testbed in testbeds:
                rounds[-1].append(run_on(steps, testbed, chosen, controls=controls))
                took_s = time.monotonic() - began_s
                if rounds[-1][-1].interrupted:
                    raise KeyboardInterrupt
        of_cases += run_cases(where, kept, steps, opened)
    invalid = [reason for round_ in rounds for one in round_ for reason in one.invalid]
    result = where.result(
        "chaos run",
        [*chosen_checks(rounds), *of_cases],
        engine=engine_name,
        invalid=[*invalid, *ending.invalid],
        figures=_figures(rounds, took_s) if rounds else {},
        notes=launcher.neighbours.said if launcher else (),
    )
    status = finish(result, outputs, quiet=quiet)
    ending.pass_on()
    raise typer.Exit(status)


@app.command("kinds")
def kinds(
    edge: Annotated[
        str, typer.Argument(help="An edge of the configuration.", autocompletion=edge_names)
    ],
    engine: EngineOption = EngineChoice.AUTO,
    config: ConfigOption = DEFAULT_CONFIG,
    quiet: QuietOption = False,
) -> None:
    """Show each kind of failure: whether a consumer tries again, and whether its breaker counts it.

    For example: seatrial chaos kinds card
    """
    where = setting(config)
    require("chaos", *where.servers)
    name = known("edge", edge, where.config.edges)
    chosen = choose(_scenarios(where), (), ["kinds"])

    from seatrial.cli.kind_table import TITLES, table_of_kinds
    from seatrial.faults import open_engine
    from seatrial.results import RunVerdict
    from seatrial.scenarios import Part, run_parts
    from seatrial.system import Launcher, Session
    from seatrial.testbed import WireTestbed

    steps = Steps(quiet=quiet)
    with Session() as session, open_engine(session, engine.value) as opened:
        testbed = WireTestbed(Launcher(session, where.config, where.folder), opened, name)
        parts = [Part(one, None, {}) for one in chosen if not one.lacks(testbed)]
        with steps.step(f"failures on {name} ({testbed.engine_name})") as note:
            batch = run_parts(testbed, parts, progress=note)
    for reason in batch.invalid:
        say(reason)
    table(TITLES, table_of_kinds(batch.runs))
    raise typer.Exit(RunVerdict.INVALID.exit_code if batch.invalid else 0)


def chosen_checks(rounds: "Sequence[Sequence[ChaosRun]]") -> "list[Check]":
    """Each check once: as it was in the first round that it did not pass, else in the last."""
    from seatrial.results import Verdict

    good = (Verdict.PASSED, Verdict.SKIPPED)
    found: dict[tuple[str, str], Check] = {}
    for round_ in rounds:
        for check in (check for one in round_ for check in one.checks):
            key = (check.id, check.subject)
            if key not in found or found[key].verdict in good:
                found[key] = check
    return list(found.values())


def _figures(rounds: "Sequence[Sequence[ChaosRun]]", took_s: float) -> dict[str, float]:
    """Return how long a round takes and, over several, how often a check failed."""
    figures = {"chaos_s": round(took_s / len(rounds), 2)}
    if len(rounds) > 1:
        figures |= {"rounds": len(rounds), "false_alarms": false_alarms(rounds)}
    return figures


def false_alarms(rounds: "Sequence[Sequence[ChaosRun]]") -> int:
    """The checks that failed, round after round, of a system that keeps what it declares."""
    from seatrial.results import Verdict

    checks = [check for round_ in rounds for one in round_ for check in one.checks]
    return sum(check.verdict is Verdict.FAILED for check in checks)


def run_on(
    steps: Steps, testbed: "WireTestbed", scenarios: "Iterable[Scenario]", *, controls: bool = True
) -> "ChaosRun":
    """Run the scenarios on one edge, showing where it is."""
    from seatrial.scenarios import run_chaos

    with steps.step(f"chaos on {testbed.name} ({testbed.engine_name})") as note:
        return run_chaos(testbed, list(scenarios), controls=controls, progress=note)


def _scenarios(where: Setting) -> "dict[str, Scenario]":
    from seatrial.scenarios import usable_scenarios

    return usable_scenarios(where.folder)


def choose(
    scenarios: "dict[str, Scenario]", names: Iterable[str], tags: Iterable[str]
) -> "list[Scenario]":
    """The scenarios with these names, or all; of them those with one of the tags, if any is given.

    Raises:
        UsageError: there is no scenario of such a name, or no tag.
    """
    chosen = [scenarios[known("scenario", name, scenarios)] for name in names]
    chosen = chosen or list(scenarios.values())
    all_tags = {tag for scenario in scenarios.values() for tag in scenario.tags}
    wanted = {known("tag", tag, sorted(all_tags)) for tag in tags}
    return [one for one in chosen if not wanted or wanted & set(one.tags)]
