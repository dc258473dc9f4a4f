"""`seatrial infer`: what the consumers really do, as a policy, a matrix and findings."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.output import Outputs, Steps, finish
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
from seatrial.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seatrial.infer import Experiment, Known
    from seatrial.results import Result
    from seatrial.testbed import Testbed

_WORKERS = 4


def infer(
    edges: Annotated[list[str] | None, typer.Argument(help="Edges; by default all.")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Add to the file what it doesn't declare yet.")
    ] = False,
    diff: Annotated[
        Path | None,
        typer.Option("--diff", help="Compare with what this file declares; exit 1 if it differs."),
    ] = None,
    patience: Annotated[
        float, typer.Option("--patience", min=1, max=600, help="The longest wait, seconds.")
    ] = 30.0,
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
    """
    where = setting(config, seed)
    require("chaos", "infer", *where.servers)
    names = [known("edge", name, where.config.edges) for name in edges or where.config.edges]
    other = setting(diff) if diff else None
    outputs = Outputs(json, report, junit)
    steps = Steps(quiet=quiet)
    found, engine_name, interrupted = _infer_all(steps, where, names, engine, patience)
    result = _result(where, found, engine_name, other)
    if interrupted:
        result = result.model_copy(update={"notes": (*result.notes, "interrupted: partial result")})
    if not quiet:
        _print(found)
    if write:
        _write(where, found)
    raise typer.Exit(finish(result, outputs, quiet=quiet) if other or outputs.any else 0)


def _infer_all(
    steps: Steps, where: Setting, names: "list[str]", engine: EngineChoice, patience_s: float
) -> "tuple[dict[str, Known], str, bool]":
    from seatrial.faults import open_engine
    from seatrial.infer import Known
    from seatrial.system import Launcher, Session
    from seatrial.testbed import WireTestbed

    found: dict[str, Known] = {}
    with Session() as session, open_engine(session, engine.value) as opened:
        launcher = Launcher(session, where.config, where.folder)
        try:
            for name in names:
                with steps.step(f"starting {name}"):
                    testbed = WireTestbed(launcher, opened, name)
                _infer_one(steps, testbed, patience_s, found)
        except KeyboardInterrupt:
            return found, opened.name, True
        return found, opened.name, False


def _infer_one(
    steps: Steps, testbed: "Testbed", patience_s: float, found: "dict[str, Known]"
) -> None:
    from seatrial.infer import TestbedBench
    from seatrial.infer import infer as infer_on
    from seatrial.system import run_async

    with steps.step(f"inferring {testbed.name} ({testbed.engine_name})") as note:

        def before(experiment: "Experiment", known: "Known") -> None:
            found[testbed.name] = known
            note(experiment.question)

        async def run() -> None:
            bench = TestbedBench(testbed, workers=_WORKERS, patience_s=patience_s).bench
            found[testbed.name] = await infer_on(bench, before=before)

        run_async(run())


def _result(
    where: Setting, found: "Mapping[str, Known]", engine: str, other: Setting | None
) -> "Result":
    from seatrial.infer.comparing import compare
    from seatrial.infer.findings import review
    from seatrial.results import (
        FailureBehaviour,
        InferredParameter,
        ReviewFinding,
        RunVerdict,
    )

    checks = [
        check
        for name, inferred in found.items()
        if other is not None and name in other.config.edges
        for check in compare(
            name,
            f"{where.config.edges[name].consumer} → {where.config.edges[name].provider}",
            inferred,
            other.config.edges[name].policy,
        )
    ]
    result = where.result("infer", checks, engine=engine)
    return result.model_copy(
        update={
            "verdict": result.verdict if other is not None else RunVerdict.PASSED,
            "inferred": {
                name: {
                    key: InferredParameter.model_validate(asdict(one))
                    for key, one in inferred.stated.items()
                }
                for name, inferred in found.items()
            },
            "behaviour": {
                name: {
                    kind: FailureBehaviour.model_validate(asdict(one))
                    for kind, one in inferred.behaviour.items()
                }
                for name, inferred in found.items()
            },
            "findings": tuple(
                ReviewFinding(edge=name, **asdict(one))
                for name, inferred in found.items()
                for one in review(inferred)
            ),
        }
    )


def _print(found: "Mapping[str, Known]") -> None:
    from seatrial.infer.findings import review
    from seatrial.infer.policy import policy_toml

    for name, inferred in found.items():
        typer.echo(policy_toml(name, inferred))
        for one in review(inferred):
            typer.echo(f"{one.severity}: {one.text}\n  seen: {one.evidence}\n  fix: {one.fix}")


def _write(where: Setting, found: "Mapping[str, Known]") -> None:
    from seatrial.files import write_whole
    from seatrial.infer.writing import with_policies

    text, added = with_policies(where.path.read_text(encoding="utf-8"), found)
    try:
        write_whole(where.path, text)
    except OSError as error:
        raise UsageError(f"{where.path}: can't be written: {error.strerror}") from None
    typer.echo(f"{where.path}: {len(added)} values added: {', '.join(added) or 'all are declared'}")
