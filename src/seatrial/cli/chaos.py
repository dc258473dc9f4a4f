"""`seatrial chaos`: scenarios on demand."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.output import Steps, finish, table, writable
from seatrial.cli.setting import (
    DEFAULT_CONFIG,
    ConfigOption,
    EngineChoice,
    EngineOption,
    JsonOption,
    SeedOption,
    Setting,
    known,
    require,
    setting,
)

if TYPE_CHECKING:
    from seatrial.scenarios import ChaosRun, Scenario, Stage

app = typer.Typer(no_args_is_help=True, help="Let the network fail, and judge what callers do.")


@app.command("list")
def list_(
    config: ConfigOption = DEFAULT_CONFIG,
    faults: Annotated[
        bool, typer.Option("--faults", help="List the faults that a scenario can make instead.")
    ] = False,
) -> None:
    """List the scenarios, or the faults that they can make."""
    require("chaos")
    if faults:
        from seatrial.cli.fault_list import list_faults

        list_faults()
        return
    found = _scenarios(setting(config)).values()
    rows = ((scenario.name, " ".join(scenario.tags), scenario.title) for scenario in found)
    table(("scenario", "tags", "story"), rows)


@app.command("run")
def run(
    names: Annotated[list[str] | None, typer.Argument(help="Scenarios; by default all.")] = None,
    edge: Annotated[list[str] | None, typer.Option("--edge", help="Edges; by default all.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Only scenarios with one of these tags.")
    ] = None,
    engine: EngineOption = EngineChoice.AUTO,
    controls: Annotated[
        bool, typer.Option(help="Put the negative controls through it too.")
    ] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    seed: SeedOption = None,
) -> None:
    """Tell scenarios to the system's edges, and judge each by its declared policy.

    For example: seatrial chaos run provider_away --engine embedded
    """
    require("chaos", "servers")
    where = setting(config, seed)
    chosen = choose(_scenarios(where), names or (), tag or ())
    edges = [known("edge", name, where.config.edges) for name in edge or where.config.edges]
    writable(json)

    from seatrial.faults import open_engine
    from seatrial.scenarios import Stage
    from seatrial.system import Launcher, Session

    steps = Steps()
    with Session() as session, open_engine(session, engine.value) as opened:
        launcher = Launcher(session, where.config, where.folder)
        runs = []
        for name in edges:
            with steps.step(f"starting {name}"):
                stage = Stage(launcher, opened, name)
            runs.append(tell(steps, stage, chosen, controls=controls))
        result = where.result(
            "chaos run",
            [check for one in runs for check in one.checks],
            engine=opened.name,
            invalid=[reason for one in runs for reason in one.invalid],
        )
    raise typer.Exit(finish(result, json))


def tell(
    steps: Steps, stage: "Stage", scenarios: "Iterable[Scenario]", *, controls: bool = True
) -> "ChaosRun":
    """Tell the scenarios to one edge, showing where it is."""
    from seatrial.scenarios import run_chaos

    with steps.step(f"chaos on {stage.name} ({stage.engine.name})") as note:
        return run_chaos(stage, list(scenarios), controls=controls, progress=note)


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
