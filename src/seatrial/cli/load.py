"""`seatrial load`: load profiles, with limits; comparing two runs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.completion import profile_names
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
from seatrial.cli.timeline import read_faults, read_scenarios
from seatrial.errors import UsageError

if TYPE_CHECKING:
    from seatrial.loads.compare import FigureComparison
    from seatrial.loads.session import LoadBatch, LoadJob, LoadResult
    from seatrial.results import Result
    from seatrial.testbed import WireTestbed

app = typer.Typer(no_args_is_help=True, help="Load the system, with limits that fail a build.")


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the profiles and their sizes."""
    require("load")
    from seatrial.loads.session import load_jobs

    where = setting(config)
    jobs = load_jobs(where.config, where.folder / "load").values()
    sized = ((job, job.profile) for job in jobs)
    rows = (
        (
            job.name,
            job.edge or str(own.target),
            f"{own.rate_per_s:.4g}",
            f"{own.duration_s:g}",
            own.title,
        )
        for job, own in sized
    )
    table(("profile", "edge or target", "arrivals/s", "seconds", "title"), rows)


@app.command("run")
def run(
    profiles: Annotated[
        list[str],
        typer.Argument(
            help="Profiles, as `seatrial load list` names them.", autocompletion=profile_names
        ),
    ],
    workers: Annotated[
        int, typer.Option("--workers", min=0, max=64, help="Locust workers on this machine.")
    ] = 0,
    rate: Annotated[
        float | None, typer.Option("--rate", help="Mean arrivals a second; by default its own.")
    ] = None,
    duration: Annotated[
        float | None, typer.Option("--duration", help="Seconds; by default its own.")
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", help="NAME@AT+FOR in seconds: down@2+3, latency@2+3,delay_s=0.5."),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", help="NAME@AT: a chaos scenario that runs meanwhile."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", help="A control of the edge, interleaved with its own client."),
    ] = None,
    repeats: Annotated[
        int, typer.Option("--repeats", min=1, max=50, help="How often, each with the next seed.")
    ] = 1,
    host: Annotated[
        str | None, typer.Option("--host", help="A target that runs already; nothing is started.")
    ] = None,
    any_host: Annotated[
        bool, typer.Option("--i-may-load-this-host", help="The target need not be this machine.")
    ] = False,
    report: ReportOption = None,
    engine: EngineOption = EngineChoice.AUTO,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    junit: JunitOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Run profiles against their edges, and judge each by its limits.

    For example: seatrial load run spike --fault down@3+2
    """
    require("chaos", "load")
    from seatrial.loads.session import LoadBatch

    where = setting(config, seed)
    if host is not None:
        _check_target(host, any_host=any_host)
    jobs = _jobs(where, profiles, rate, duration, fault or [])
    words = _words(
        [("--rate", rate), ("--duration", duration), ("--workers", workers or None)],
        [("--fault", fault or []), ("--scenario", scenario or [])],
        ["--i-may-load-this-host"] if any_host else [],
    )
    jobs = [replace(job, any_host=any_host, options=words) for job in jobs]
    schedule = read_scenarios(scenario or [], where.folder)
    outputs = Outputs(json, report, junit)
    if baseline is not None:
        for job in jobs:
            known("control", baseline, where.config.edges[job.edge].controls if job.edge else {})
    batch = LoadBatch(
        where.config,
        where.folder,
        where.seed,
        Steps(quiet=quiet).step,
        workers=workers,
        repeats=repeats,
        baseline=baseline,
        scenarios=schedule,
    )
    ending = Ending(lambda: bool(batch.checks or batch.invalid))
    result = _run_batch(batch, where, jobs, host, engine, ending)
    for one in () if quiet else batch.comparisons:
        _show(one.figures, one.sides)
    status = finish(result, outputs, quiet=quiet)
    ending.pass_on()
    raise typer.Exit(status)


@app.command("compare")
def compare(
    first: Annotated[Path, typer.Argument(help="A result of `seatrial load run --json`.")],
    second: Annotated[Path, typer.Argument(help="Another one, of the same profile.")],
) -> None:
    """Say which figures of the second run differ from the first's, and which only seem to.

    For example: seatrial load compare before.json after.json

    Exits 0, or 1 when the second is worse in some figure.
    """
    require("load")
    from seatrial.loads.compare import CHANCE_MAX, Difference, least_chance
    from seatrial.loads.compare import compare as compared
    from seatrial.loads.samples import read_samples, same_run

    one, other = read_samples(first), read_samples(second)
    same_run(one, other)
    found = compared(one.figures, other.figures)
    _show(found, (str(first), str(second)))
    if least_chance(len(one.started), len(other.started)) > CHANCE_MAX:
        say(
            f"{Difference.NONE}: with {len(one.started)} and {len(other.started)} runs none ever "
            "could; run each with --repeats 5"
        )
    elif max(one.started) < min(other.started) or max(other.started) < min(one.started):
        say(
            "the runs were not interleaved: what changed on the machine between them is in the "
            "difference too (load run --baseline interleaves)"
        )
    raise typer.Exit(1 if any(row.difference is Difference.WORSE for row in found) else 0)


def load_edge(steps: Steps, testbed: "WireTestbed", job: "LoadJob", where: Setting) -> "LoadResult":
    """Run one profile, showing how far it is."""
    from seatrial.loads.session import run_on_edge

    with steps.step(f"load {job.name}") as note:
        return run_on_edge(testbed, job, seed=where.seed, on_progress=lambda at: note(at.sentence))


def _check_target(host: str, *, any_host: bool) -> None:
    """Before anything else, since it takes no time."""
    from seatrial.loads.target import check_target, listens

    check_target(host, any_host=any_host)
    if not listens(host):
        raise UsageError(f"nobody listens at the target {host}; start it, or name another")


def _jobs(
    where: Setting,
    names: Sequence[str],
    rate: float | None,
    duration: float | None,
    faults: list[str],
) -> "list[LoadJob]":
    require("chaos", "load", *where.servers)
    from seatrial.loads.session import load_jobs, load_names

    chosen = [known("load profile", name, load_names(where.folder / "load")) for name in names]
    jobs = load_jobs(where.config, where.folder / "load", chosen)
    added = read_faults(faults)
    made = []
    for job in jobs.values():
        scaled = job.profile.scaled(rate_per_s=rate, duration_s=duration)
        made.append(replace(job, profile=replace(scaled, faults=(*scaled.faults, *added))))
    return made


def _words(
    once: Sequence[tuple[str, float | None]],
    repeated: Sequence[tuple[str, list[str]]],
    flags: Sequence[str],
) -> tuple[str, ...]:
    """Return the options that were given, as they are written on a command line."""
    found = [word for name, value in once if value is not None for word in (name, f"{value:.12g}")]
    found += [word for name, values in repeated for value in values for word in (name, value)]
    return (*found, *flags)


def _run_batch(
    batch: "LoadBatch",
    where: Setting,
    jobs: "Sequence[LoadJob]",
    host: str | None,
    engine: EngineChoice,
    ending: Ending,
) -> "Result":
    from seatrial.faults import open_engine
    from seatrial.system import Session

    name: str | None = None
    with ending, Session() as session:
        if host is not None:
            batch.run_at(session, host, jobs)
        else:
            with open_engine(session, engine.value) as opened:
                name = opened.name
                batch.run(session, opened, jobs)
    return where.result(
        "load run",
        batch.checks,
        engine=name,
        figures=batch.figures,
        invalid=[*batch.invalid, *ending.invalid],
        notes=batch.notes,
    )


def _show(found: "Sequence[FigureComparison]", names: Sequence[str]) -> None:
    from statistics import fmean

    from seatrial.loads.compare import Difference

    rows = (
        (
            row.figure,
            f"{fmean(row.first):.4g}",
            f"{fmean(row.second):.4g}",
            f"{row.chance:.3f}",
            "not seen" if row.difference is Difference.NONE else str(row.difference),
        )
        for row in found
    )
    table(("figure", *names, "p", "difference: the second is"), rows)
