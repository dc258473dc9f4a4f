"""`seatrial load`: load profiles, with limits; comparing two runs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.output import Note, Steps, finish, say, table, writable
from seatrial.cli.setting import (
    DEFAULT_CONFIG,
    ConfigOption,
    EngineChoice,
    EngineOption,
    JsonOption,
    QuietOption,
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
    from seatrial.loads.session.locust import Progress
    from seatrial.results import Check, Result
    from seatrial.loads.session.jobs import LoadJob
    from seatrial.loads.session.fault_schedule import ScenarioAt
    from seatrial.loads.session.interleaved import Side
    from seatrial.loads.session.on_edge import LoadResult
    from seatrial.testbed import Testbed

app = typer.Typer(no_args_is_help=True, help="Load the system, with limits that fail a build.")


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the profiles and their sizes."""
    require("load")
    from seatrial.loads.session.jobs import load_jobs

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
    table(("profile", "edge or target", "arrivals/s", "seconds", "story"), rows)


@app.command("run")
def run(
    profiles: Annotated[
        list[str], typer.Argument(help="Profiles, as `seatrial load list` names them.")
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
        typer.Option("--scenario", help="NAME@AT: a chaos scenario told meanwhile."),
    ] = None,
    beside: Annotated[
        str | None, typer.Option("--beside", help="A control of the edge, run by turns with it.")
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
    report: Annotated[
        Path | None, typer.Option("--report", help="Also write the HTML report to this folder.")
    ] = None,
    engine: EngineOption = EngineChoice.AUTO,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Run profiles against their edges, and judge each by its limits.

    For example: seatrial load run spike --fault down@3+2
    """
    where = setting(config, seed)
    if host is not None:
        _check_target(host, any_host=any_host)
    jobs = _jobs(where, profiles, rate, duration, fault or [])
    jobs = [replace(job, any_host=any_host) for job in jobs]
    stories = read_scenarios(scenario or [], where.folder)
    writable(json)
    steps = Steps(quiet=quiet)
    if host is not None:
        result = _run_at(steps, where, jobs, host, workers=workers)
    else:
        if beside is not None:
            for job in jobs:
                controls = where.config.edges[job.edge].controls if job.edge else {}
                known("control", beside, controls)
        turns = _Turns(steps, where, stories, workers, repeats, beside)
        result = turns.run(jobs, engine)
    if report is not None:
        require("report")
        from seatrial.reports.html import write_report

        page = write_report(result, report)
        if not quiet:
            say(f"report: {page}")
    raise typer.Exit(finish(result, json, quiet=quiet))


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
            "the runs were not by turns: what changed on the machine between them is in the "
            "difference too (load run --beside runs by turns)"
        )
    raise typer.Exit(1 if any(row.difference is Difference.WORSE for row in found) else 0)


def load_up(steps: Steps, testbed: "Testbed", job: "LoadJob", where: Setting) -> "LoadResult":
    """Run one profile, showing how far it is."""
    from seatrial.loads.session.on_edge import run_on_edge

    with steps.step(f"load {job.name}") as note:
        return run_on_edge(testbed, job, seed=where.seed, on_progress=lambda at: note(summary(at)))


def summary(at: "Progress") -> str:
    """A run so far in one line."""
    hits = "" if at.hit_ratio is None else f", {at.hit_ratio:.0%} hits"
    dropped = f", {at.dropped} dropped" if at.dropped else ""
    return (
        f"{at.elapsed_s:.0f} s, {at.phase}: {at.sent} sent, {at.sent - at.answered} in flight, "
        f"{at.errors} failed{dropped}{hits}, p99 {at.p99_ms:.1f} ms, lag {at.lag_p99_ms:.1f} ms"
    )


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
    from seatrial.loads.session.jobs import load_jobs, load_names

    chosen = [known("load profile", name, load_names(where.folder / "load")) for name in names]
    jobs = load_jobs(where.config, where.folder / "load", chosen)
    added = read_faults(faults)
    made = []
    for job in jobs.values():
        scaled = job.profile.scaled(rate_per_s=rate, duration_s=duration)
        made.append(replace(job, profile=replace(scaled, faults=(*scaled.faults, *added))))
    return made


class _Turns:
    """Runs profiles on the system, each on the wire of its edge."""

    def __init__(
        self,
        steps: Steps,
        where: Setting,
        stories: "tuple[ScenarioAt, ...]",
        workers: int,
        repeats: int,
        beside: str | None,
    ) -> None:
        self._steps = steps
        self._where = where
        self._stories = stories
        self._workers = workers
        self._repeats = repeats
        self._beside = beside
        self._checks: list[Check] = []
        self._invalid: list[str] = []
        self._notes: list[str] = []
        self._figures: dict[str, float] = {}

    def run(self, jobs: "Sequence[LoadJob]", engine: EngineChoice) -> "Result":
        """All of them, one after the other."""
        from seatrial.faults import open_engine
        from seatrial.system import Launcher, Session
        from seatrial.testbed import Testbed

        testbeds: dict[str, Testbed] = {}
        with Session() as session, open_engine(session, engine.value) as opened:
            launcher = Launcher(session, self._where.config, self._where.folder)
            for job in jobs:
                if job.edge is None:
                    self._on_system(job, alone=len(jobs) == 1)
                    continue
                if job.edge not in testbeds:
                    with self._steps.step(f"starting {job.edge}"):
                        testbeds[job.edge] = Testbed(launcher, opened, job.edge)
                self._job(testbeds[job.edge], job, alone=len(jobs) == 1)
            return self._where.result(
                "load run",
                self._checks,
                engine=opened.name,
                figures=self._figures,
                invalid=self._invalid,
                notes=self._notes,
            )

    def _job(self, testbed: "Testbed", job: "LoadJob", *, alone: bool) -> None:
        from seatrial.loads.session.interleaved import run_interleaved

        with self._steps.step(f"load {job.name}") as note:
            sides = run_interleaved(
                testbed,
                job,
                seed=self._where.seed,
                repeats=self._repeats,
                control=self._beside,
                workers=self._workers,
                scenarios=self._stories,
                on_progress=self._noted(note),
            )
        self._judge(job, sides)
        last = sides[0].outcomes[-1].figures
        self._figures |= {name if alone else f"{job.name}.{name}": last[name] for name in last}

    def _on_system(self, job: "LoadJob", *, alone: bool) -> None:
        """In a session of its own, since every service is started anew."""
        from seatrial.loads.session.on_system import run_on_system
        from seatrial.system import Launcher, Session

        with self._steps.step(f"load {job.name}") as note, Session() as session:
            outcome = run_on_system(
                Launcher(session, self._where.config, self._where.folder),
                job,
                seed=self._where.seed,
                workers=self._workers,
                on_progress=lambda at: note(summary(at)),
            )
        self._checks += outcome.checks
        self._invalid += outcome.invalid
        own = outcome.figures
        self._figures |= {name if alone else f"{job.name}.{name}": own[name] for name in own}

    def _noted(self, note: Note) -> "Callable[[str, Progress], None]":
        named = self._repeats > 1 or self._beside
        return lambda which, at: note(f"{which}: {summary(at)}" if named else summary(at))

    def _judge(self, job: "LoadJob", sides: "tuple[Side, ...]") -> None:
        from seatrial.loads.samples import what_ran
        from seatrial.loads.session.interleaved import baseline_check, compared

        what = what_ran(job.name, job.profile, self._where.seed)
        self._invalid += [reason for side in sides for reason in side.invalid]
        again = [reason for side in sides for reason in side.discarded]
        self._notes += [f"a turn was taken again: {reason}" for reason in again]
        for turn, outcome in enumerate(sides[0].outcomes, start=1):
            for at, check in enumerate(outcome.checks):
                changes: dict[str, object] = {}
                if turn == 1 and at == 0:
                    changes["evidence"] = (*check.evidence, sides[0].samples(what))
                if turn > 1:
                    changes["subject"] = f"{check.subject} · repeat {turn}"
                self._checks.append(check.model_copy(update=changes))
        if self._beside is not None and not self._invalid:
            found = compared(sides, what)
            self._checks.append(baseline_check(job, sides, found))
            if not self._steps.quiet:
                _show(found, tuple(side.name for side in sides))


def _run_at(
    steps: Steps,
    where: Setting,
    jobs: "Sequence[LoadJob]",
    host: str,
    *,
    workers: int,
) -> "Result":
    from seatrial.loads.session.on_edge import run_on_target
    from seatrial.system import Session

    checks: list[Check] = []
    invalid: list[str] = []
    figures: dict[str, float] = {}
    with Session() as session:
        for job in jobs:
            with steps.step(f"load {job.name} at {host}") as note:
                outcome = run_on_target(
                    session,
                    job,
                    host,
                    seed=where.seed,
                    workers=workers,
                    on_progress=lambda at, note=note: note(summary(at)),  # type: ignore[misc]
                )
            checks += outcome.checks
            invalid += outcome.invalid
            own = outcome.figures
            figures |= {n if len(jobs) == 1 else f"{job.name}.{n}": own[n] for n in own}
    notes = [
        f"the faults of {job.name} are left out: the target isn't ours"
        for job in jobs
        if job.profile.faults
    ]
    return where.result("load run", checks, figures=figures, invalid=invalid, notes=notes)


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
