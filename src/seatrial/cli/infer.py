"""`seatrial infer`: what the consumers really do, as a policy, a matrix and findings."""

import shlex
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.completion import edge_names
from seatrial.cli.ending import Ending
from seatrial.cli.infer_progress import InferProgress
from seatrial.cli.infer_text import SEVERITIES, text_of
from seatrial.cli.output import Outputs, console, finish, progress_console, say
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
from seatrial.cli.virtual import prepare
from seatrial.errors import InvalidRun, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping
    from typing import Any

    from rich.console import Console

    from seatrial.faults import Engine
    from seatrial.infer import Experiment, Known
    from seatrial.infer.trials import Observation
    from seatrial.results import Check, Result
    from seatrial.system import Launcher
    from seatrial.testbed import Testbed
    from seatrial.virtual import VirtualFigures, VirtualTestbed

    _Work = Callable[[Testbed], Coroutine[Any, Any, None]]

_WORKERS = 4
_PATIENCE_S, _VIRTUAL_PATIENCE_S = 30.0, 600.0


@dataclass
class _Found:
    """What was found on each edge, and why not all of it."""

    known: "dict[str, Known]" = field(default_factory=dict)
    seen: "dict[str, dict[str, Observation]]" = field(default_factory=dict)
    """Edge → experiment → what it saw."""
    invalid: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    engine: str = "virtual"


def infer(
    edges: Annotated[
        list[str] | None,
        typer.Argument(help="Edges; by default all.", autocompletion=edge_names),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Add to the file what it doesn't declare yet.")
    ] = False,
    diff: Annotated[
        Path | None,
        typer.Option("--diff", help="Compare with what this file declares; exit 1 if it differs."),
    ] = None,
    patience: Annotated[
        float | None,
        typer.Option(
            "--patience",
            min=1,
            max=3600,
            help="The longest wait, seconds; by default 30, and 600 in virtual time.",
        ),
    ] = None,
    virtual: Annotated[
        bool,
        typer.Option("--virtual", help="In virtual time, on the services' applications."),
    ] = False,
    engine: EngineOption = EngineChoice.AUTO,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    junit: JunitOption = None,
    report: ReportOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Find out on the wire what the consumers do, and write it down as their policies.

    For example: seatrial infer card --patience 10

    Exits 0 when it was found out, 1 when --diff finds a difference, 2 when it could not start, 4
    when the run is invalid, and 130 after Ctrl-C, with what was found so far.
    """
    if virtual:
        prepare()
    where = setting(config, seed, virtual=virtual)
    require("chaos", "infer", *(() if virtual else where.servers))
    names = [known("edge", name, where.config.edges) for name in edges or where.config.edges]
    if not names:
        raise UsageError(f"{config}: declares no edge; add one, as `seatrial init` does")
    other = setting(diff, virtual=virtual) if diff else None
    outputs = Outputs(json, report, junit)
    output = progress_console(quiet=quiet)
    found = _Found()
    ending = Ending(lambda: any(one.parameters for one in found.known.values()))
    with ending:
        if virtual:
            _virtually(output, found, where, names, patience or _VIRTUAL_PATIENCE_S)
        else:
            _on_the_wire(output, found, where, names, engine, patience or _PATIENCE_S)
    found.invalid += ending.invalid
    result = _result(where, found, other, virtual=virtual)
    outputs.write(result)
    if not quiet and found.known:
        console().print(text_of(result, found.known), markup=False, highlight=False, soft_wrap=True)
    if write:
        _write(where, found.known, quiet=quiet)
    for reason in found.invalid:
        say(f"invalid: {reason}")
    if report is not None and not quiet:
        say(f"report: {report / 'index.html'}")
    if other is not None:
        finish(result, Outputs(), quiet=quiet)
    ending.pass_on()
    raise typer.Exit(result.verdict.exit_code)


def _on_the_wire(
    output: "Console",
    found: _Found,
    where: Setting,
    names: Sequence[str],
    engine: EngineChoice,
    patience_s: float,
) -> None:
    """Infer edges one after the other; what is known when somebody ends it is kept."""
    from seatrial.faults import open_engine
    from seatrial.system import Launcher, Session

    with Session() as session, open_engine(session, engine.value) as opened:
        found.engine = opened.name
        launcher = Launcher(session, where.config, where.folder)
        for name in names:
            run = partial(_run_on_the_wire, launcher, opened, name)
            _infer(output, found, name, run, patience_s)
        found.notes += launcher.neighbours.said


def _virtually(
    output: "Console", found: _Found, where: Setting, names: Sequence[str], patience_s: float
) -> None:
    """The same in virtual time, on the edges that can be run in it."""
    from seatrial.virtual import VirtualFigures, VirtualTestbed

    figures = VirtualFigures()
    testbeds = [VirtualTestbed(where.config, where.folder, name, seed=where.seed) for name in names]
    usable = []
    for testbed in testbeds:
        if lacking := testbed.unusable():
            found.notes.append(
                f"{testbed.name} is left out: virtual time needs {'; '.join(lacking)}"
            )
        else:
            usable.append(testbed)
    if not usable:
        raise UsageError("\n".join(found.notes))
    for testbed in usable:
        run = partial(_run_virtually, testbed, figures)
        _infer(output, found, testbed.name, run, patience_s)
        found.figures["virtual_time_s"] = round(figures.virtual_s, 1)


def _run_on_the_wire(launcher: "Launcher", engine: "Engine", name: str, work: "_Work") -> None:
    from seatrial.system import run_async
    from seatrial.testbed import WireTestbed

    run_async(work(WireTestbed(launcher, engine, name)))


def _run_virtually(testbed: "VirtualTestbed", figures: "VirtualFigures", work: "_Work") -> None:
    from seatrial.virtual import run_in_simulation

    run_in_simulation(testbed, partial(work, testbed), figures=figures)


def _infer(
    output: "Console",
    found: _Found,
    name: str,
    run: "Callable[[_Work], None]",
    patience_s: float,
) -> None:
    """Infer one edge; what can't be judged is said, and leaves the others alone."""
    from seatrial.infer import TestbedBench
    from seatrial.infer import infer as infer_on

    began_s, cpu_s = time.monotonic(), time.process_time()
    progress = InferProgress(f"inferring {name}", output)

    def before(experiment: "Experiment", known: "Known") -> None:
        found.known[name] = known
        progress.before(experiment, known)

    def after(experiment: "Experiment", known: "Known") -> None:
        found.known[name] = known
        progress.after(experiment, known)

    def observed(experiment: "Experiment", seen: "Observation") -> None:
        found.seen.setdefault(name, {})[experiment.name] = seen

    async def work(bed: "Testbed") -> None:
        async with TestbedBench(bed, workers=_WORKERS, patience_s=patience_s) as bench:
            found.known[name] = await infer_on(bench, before=before, after=after, observed=observed)

    with progress.shown():
        try:
            run(work)
        except InvalidRun as error:
            found.invalid.append(f"{name}: {error}")
    taken = {"infer_s": time.monotonic() - began_s, "infer_cpu_s": time.process_time() - cpu_s}
    for figure, took_s in taken.items():
        found.figures[figure] = round(found.figures.get(figure, 0.0) + took_s, 1)


def _result(where: Setting, found: _Found, other: Setting | None, *, virtual: bool) -> "Result":
    from seatrial.cli.secrets import hidden
    from seatrial.infer.findings import review
    from seatrial.infer.pictures import pictures
    from seatrial.infer.policy import policy_toml
    from seatrial.results import FailureBehaviour, InferredParameter, ReviewFinding, RunVerdict

    checks = [] if other is None else list(_compared(where, found, other, virtual=virtual))
    result = where.result(
        "infer",
        checks,
        engine=found.engine,
        figures=found.figures,
        invalid=found.invalid,
        notes=found.notes,
    )
    verdict = RunVerdict.INVALID if found.invalid else RunVerdict.PASSED
    findings = [
        ReviewFinding(edge=name, **asdict(one))
        for name, inferred in found.known.items()
        for one in review(inferred)
    ]
    whole = result.model_copy(
        update={
            "verdict": verdict if other is None else result.verdict,
            "inferred": {
                name: {
                    key: InferredParameter.model_validate(asdict(one))
                    for key, one in inferred.stated.items()
                }
                for name, inferred in found.known.items()
            },
            "policies": {
                name: policy_toml(name, inferred) for name, inferred in found.known.items()
            },
            "behaviour": {
                name: {
                    kind: FailureBehaviour.model_validate(asdict(one))
                    for kind, one in inferred.behaviour.items()
                }
                for name, inferred in found.known.items()
            },
            "pictures": {name: pictures(seen) for name, seen in found.seen.items()},
            "findings": tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity))),
        }
    )
    return hidden(whole, where.config)


def _compared(where: Setting, found: _Found, other: Setting, *, virtual: bool) -> "Iterator[Check]":
    from seatrial.infer.comparing import compare

    for name, inferred in found.known.items():
        edge = where.config.edges[name]
        if name not in other.config.edges:
            found.invalid.append(f"{other.path} declares no edge {name}: nothing to compare with")
            continue
        declared = other.config.edges[name].policy
        for check in compare(name, f"{edge.consumer} → {edge.provider}", inferred, declared):
            again = f"seatrial infer {name} --diff {shlex.quote(str(other.path))}"
            rerun = f"{again} --virtual" if virtual else again
            yield check.model_copy(update={"rerun": rerun})


def _write(where: Setting, found: "Mapping[str, Known]", *, quiet: bool) -> None:
    from seatrial.files import write_whole
    from seatrial.infer.writing import with_policies

    text, added = with_policies(where.path.read_text(encoding="utf-8"), found)
    try:
        write_whole(where.path, text)
    except OSError as error:
        raise UsageError(f"{where.path}: can't be written: {error.strerror}") from None
    if not quiet:
        names = ", ".join(added) or "all are declared"
        say(f"{where.path}: {len(added)} values added: {names}")
