"""`seatrial load`: load profiles, with limits."""

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
    from seatrial.scenarios.stage import Stage
    from seatrial.scenarios.under_load import LoadOutcome

app = typer.Typer(no_args_is_help=True, help="Load the system, with limits that fail a build.")


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the profiles and their sizes."""
    profiles = setting(config).config.load.items()
    rows = (
        (name, profile.edge, f"{profile.rate_per_s:g}", f"{profile.duration_s:g}")
        for name, profile in profiles
    )
    table(("profile", "edge", "arrivals/s", "seconds"), rows)


@app.command("run")
def run(
    profile: Annotated[str, typer.Argument(help="The profile, as `seatrial load list` names it.")],
    workers: Annotated[
        int, typer.Option("--workers", min=0, max=64, help="Locust workers on this machine.")
    ] = 0,
    engine: EngineOption = EngineChoice.AUTO,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    seed: SeedOption = None,
) -> None:
    """Run one profile against its edge, and judge it by its limits.

    For example: seatrial load run cached-lookups
    """
    where = setting(config, seed)
    known("load profile", profile, where.config.load)
    require("chaos", "load", "servers")
    writable(json)

    from seatrial.faults import open_engine
    from seatrial.scenarios import Stage
    from seatrial.system import Launcher, Session

    steps = Steps()
    edge = where.config.load[profile].edge
    with Session() as session, open_engine(session, engine.value) as opened:
        with steps.step(f"starting {edge}"):
            stage = Stage(Launcher(session, where.config, where.folder), opened, edge)
        outcome = load_up(steps, stage, profile, where, workers=workers)
        result = where.result(
            "load run",
            outcome.checks,
            engine=opened.name,
            figures=outcome.figures,
            invalid=outcome.invalid,
        )
    raise typer.Exit(finish(result, json))


def load_up(
    steps: Steps, stage: "Stage", profile: str, where: Setting, *, workers: int = 0
) -> "LoadOutcome":
    """Run one profile, showing how far it is."""
    from seatrial.scenarios.under_load import run_load

    with steps.step(f"load {profile}") as note:
        return run_load(
            stage,
            profile,
            where.folder / "load",
            seed=where.seed,
            workers=workers,
            on_progress=lambda at: note(
                f"{at.elapsed_s:.0f} s, {at.sent} sent, {at.dropped} dropped"
            ),
        )
