"""`seatrial explore`: sets of faults that nobody wrote a scenario for."""

import math
import os
import re
import shlex
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.output import Outputs, Steps, finish
from seatrial.cli.setting import (
    DEFAULT_CONFIG,
    ConfigOption,
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

if TYPE_CHECKING:
    from seatrial.cli.output import Note
    from seatrial.explore import Observation, Search, Shard, Workers
    from seatrial.results import ExploredCase, Result

_WORKERS = 2
_INSIDE = 5
"""Errors inside that are said of a journey at most."""
_PATIENCE_S = 2.0
"""With runs that a budget's end finds under way."""


@dataclass
class _Used:
    """What runs in virtual time took of the processor, and what was said of runs already."""

    runs: int = 0
    cpu_s: float = 0.0
    errors_at: set[tuple[str, str]] = field(default_factory=set)
    """Where errors inside came up, by journey."""

    @property
    def figures(self) -> dict[str, float]:
        """The figure, where there were such runs."""
        return {"explore_schedules_per_cpu_s": self.runs / self.cpu_s} if self.cpu_s else {}


def explore(
    journeys: Annotated[
        list[str] | None,
        typer.Argument(
            help="Journeys of chaos/journeys, or edges; by default all.", metavar="JOURNEY"
        ),
    ] = None,
    faults: Annotated[
        int, typer.Option("--faults", min=0, max=10, help="The most faults in a set.")
    ] = 1,
    budget: Annotated[
        float | None,
        typer.Option("--budget", min=1, help="End after this many seconds, with what was covered."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Systems that stand next to each other.")
    ] = _WORKERS,
    reduction: Annotated[
        bool, typer.Option(help="Skip sets whose runs would show nothing new.")
    ] = True,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", help="The workers of the Dask scheduler here instead.", metavar="ADDRESS"
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            help="Only this share of the largest sets; see seatrial merge.",
            metavar="I/N",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Keep what broke in chaos/cases, to be run again.")
    ] = False,
    virtual: Annotated[
        bool, typer.Option("--virtual", help="In virtual time, on the services' applications.")
    ] = False,
    replay: Annotated[
        bool, typer.Option(help="Run each case again on a real Toxiproxy, where there is one.")
    ] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    junit: JunitOption = None,
    report: ReportOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Search which sets of faults, at which requests of a journey, break a promise.

    For example: seatrial explore hire --faults 2 --budget 120 --json found.json

    A journey is a coroutine in chaos/journeys; each edge with a trigger is one too. Exits 0 when
    nothing broke (what was left untried is said), 1 when something did, 2 when it could not
    start, and 4 when nothing was decided.
    """
    where = setting(config, seed, virtual=virtual)
    require("chaos", *(() if virtual else where.servers))

    from seatrial.explore import (
        ClusterWorkers,
        ProcessWorkers,
        Search,
        Shard,
        groups_of,
        usable_invariants,
        usable_journeys,
    )

    share = Shard() if shard is None else _share(shard)
    all_of_them = usable_journeys(where.folder, where.config.edges)
    groups = groups_of(usable_invariants(where.folder))
    if not all_of_them:
        from seatrial.errors import UsageError

        raise UsageError(
            "there is no journey: write one in chaos/journeys, or declare an edge with a trigger"
        )
    names = [known("journey", name, all_of_them) for name in journeys or all_of_them]
    outputs = Outputs(json, report, junit)
    steps = Steps(quiet=quiet)
    until_s = math.inf if budget is None else time.monotonic() + budget
    searches = [
        Search(name, faults, reduction=reduction, seed=where.seed, shard=share, groups=groups)
        for name in names
    ]
    notes = _left_out(where)
    used = _Used()
    interrupted = False
    pool = ProcessWorkers(workers) if cluster is None else ClusterWorkers(cluster)

    def take_turns(these: "list[Search]", beyond: str = "") -> None:
        for left, search in zip(range(len(these), 0, -1), these, strict=True):
            now_s = time.monotonic()
            if now_s >= until_s:
                return
            share_s = now_s + (until_s - now_s) / left
            with steps.step(f"exploring {search.journey}{beyond}") as note:
                seen = _run(
                    where,
                    search,
                    pool,
                    (share_s, until_s),
                    note,
                    used,
                    virtual=virtual,
                    random=bool(beyond),
                )
            notes.extend(seen)

    try:
        take_turns(searches)
        if budget is not None:
            take_turns([one for one in searches if not one.exhausted])
            take_turns(searches, f" beyond --faults {faults}")
    except KeyboardInterrupt:
        interrupted = True
        pool.abandon()
    finally:
        pool.close()
    result = _result(where, searches, notes, pool.count, used, write=write, virtual=virtual)
    if replay and result.cases and not interrupted:
        result = _replayed(where, result, steps)
    status = finish(result, outputs, quiet=quiet)
    if interrupted:
        raise KeyboardInterrupt
    raise typer.Exit(status)


def _left_out(where: Setting) -> list[str]:
    """Say which contracts can't be read here, and which kinds of faults are chosen."""
    from seatrial.extras import missing

    found = []
    if (where.folder / "contracts" / "pacts").is_dir() and missing("pact"):
        found.append("pacts are left out: pip install 'seatrial[pact]'")
    if kinds := where.config.explore.kinds:
        found.append(f"no other kinds of faults were tried than {', '.join(kinds)} ([explore])")
    return found


def _share(text: str) -> "Shard":
    from seatrial.explore import Shard

    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", text)
    if found is None or int(found[1]) > int(found[2]):
        raise typer.BadParameter(
            f"{text!r} isn't a share, such as 2/8: the second of eight", param_hint="--shard"
        )
    return Shard(int(found[1]), int(found[2]))


def _run(
    where: Setting,
    search: "Search",
    pool: "Workers",
    until_s: tuple[float, float],
    note: "Note",
    used: _Used,
    *,
    virtual: bool,
    random: bool = False,
) -> "list[str]":
    """Run a search to its end, and return what a reader must know of it.

    Until the end of its own time it begins runs, and until that of the whole budget it waits for
    those that are under way.
    """
    from seatrial.explore import RunnerSpec, in_words
    from seatrial.explore import explore as run_search

    spec = RunnerSpec(where.path.resolve(), search.journey, virtual, where.seed)
    seen = 0
    undecided: dict[str, None] = {}
    inside: list[str] = []

    def observed(one: "Observation") -> None:
        nonlocal seen
        seen += 1
        used.runs, used.cpu_s = used.runs + 1, used.cpu_s + one.cpu_s
        if one.undecided is not None:
            undecided[one.undecided] = None
        for error in one.inside:
            place = (search.journey, re.sub(r" printed .* \(", " (", error))
            if place not in used.errors_at:
                used.errors_at.add(place)
                inside.append(f"{error}, under {in_words(one.injected)}")
        note(f"{seen} runs, {search.coverage.sets:,} sets known, {len(search.failures)} broke")

    share_s, all_s = until_s
    ends_s = all_s + _PATIENCE_S
    run_search(search, spec, pool, until=share_s, ends=ends_s, random=random, observe=observed)
    notes = [f"{search.journey}: {why}" for why in undecided]
    notes += [
        f"{search.journey}: {error}; the journey was answered well enough"
        for error in inside[:_INSIDE]
    ]
    if search.unclear:
        names = ", ".join(sorted(search.unclear))
        notes.append(
            f"{search.journey}: {names} didn't always do the same after the same requests and"
            " answers, so nothing is skipped there: an answer was too late once, work in the"
            " background comes sooner or later, or what earlier runs left is shown"
            " (system.number() makes names that are new each time)"
        )
    return notes


def _replayed(where: Setting, result: "Result", steps: Steps) -> "Result":
    """Run the cases again where a real Toxiproxy makes the network's faults, if there is one."""
    from seatrial.errors import SeatrialError
    from seatrial.explore import RunnerSpec, fault_of, replay
    from seatrial.faults import find_server, open_engine
    from seatrial.system import Session

    cases: list[ExploredCase] = []
    notes = list(result.notes)
    if not (os.environ.get("TOXIPROXY_URL") or find_server()):
        return result
    with Session() as session, open_engine(session, "toxiproxy") as engine:
        for journey in dict.fromkeys(case.journey for case in result.cases):
            with (
                steps.step(f"replaying {journey} on {engine.name}") as note,
                RunnerSpec(where.path.resolve(), journey)(engine) as run,
            ):
                for case in result.cases:
                    if case.journey != journey:
                        continue
                    plan = frozenset(map(fault_of, case.faults))
                    note(", ".join(one.fault for one in case.faults))
                    try:
                        shown = replay(run, plan, case.broke, engine)
                    except SeatrialError as error:
                        notes.append(f"{journey}: isn't replayed: {error}")
                        shown = None
                    cases.append(case.model_copy(update={"replayed": shown}))
    return result.model_copy(update={"cases": tuple(cases), "notes": tuple(notes)})


def explore_singles(
    where: Setting, journeys: Iterable[str], budget_s: float, steps: Steps
) -> "Result":
    """Explore the single faults of journeys in virtual time.

    Args:
        where: the configuration.
        journeys: by their names.
        budget_s: for all of them; what is left of them then is undecided.
        steps: says what is at work.
    """
    from seatrial.explore import ProcessWorkers, Search

    began_s = time.monotonic()
    until_s = (began_s + budget_s,) * 2
    searches: list[Search] = []
    notes = _left_out(where)
    used = _Used()
    pool = ProcessWorkers(_WORKERS)
    try:
        for name in journeys:
            with steps.step(f"single faults of {name}, in virtual time") as note:
                search = Search(name, 1, seed=where.seed)
                searches.append(search)
                notes += _run(where, search, pool, until_s, note, used, virtual=True)
    finally:
        pool.close()
    found = _result(where, searches, notes, pool.count, used, write=False, virtual=True)
    took_s = round(time.monotonic() - began_s, 2)
    return found.model_copy(update={"figures": found.figures | {"explore_s": took_s}})


def _result(
    where: Setting,
    searches: "list[Search]",
    notes: "list[str]",
    workers: int,
    used: _Used,
    *,
    write: bool,
    virtual: bool,
) -> "Result":
    from seatrial.explore import (
        cases_of,
        checks_of,
        command_of,
        coverage_of,
        fault_of,
        subject_of,
        write_case,
    )

    for one in searches:
        one.finish()
    options = ["--virtual"] if virtual else []
    cases = [case for one in searches for case in cases_of(one)]
    rerun: dict[str, str] = {}
    if write:
        files = [write_case(where.folder, case).relative_to(where.folder) for case in cases]
        cases = [
            case.model_copy(update={"file": str(file)})
            for case, file in zip(cases, files, strict=True)
        ]
        rerun = {
            subject_of(one.journey, map(fault_of, one.faults)): " ".join(
                ["seatrial chaos run --case", shlex.quote(str(one.file)), *options]
            )
            for one in cases
        }
        notes = [*notes, *(f"kept: {one}" for one in rerun.values())]
    return where.result(
        "explore",
        [
            check.model_copy(update={"rerun": rerun.get(check.subject, check.rerun)})
            for one in searches
            for check in checks_of(one, command_of(one.journey, one.faults, *options))
        ],
        figures={
            "explore_runs": sum(one.runs for one in searches),
            "explore_workers": workers,
            **used.figures,
        },
        notes=list(dict.fromkeys(notes)),  # both turns of a journey may have the same to say
    ).model_copy(
        update={
            "cases": tuple(cases),
            "coverage": {one.journey: coverage_of(one) for one in searches},
        }
    )
