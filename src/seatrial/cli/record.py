"""`seatrial record EDGE --pact FILE`: a contract made of a consumer's traffic."""

import asyncio
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seatrial.cli.consumer_strength import check_of
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
from seatrial.errors import InvalidRun, UsageError

if TYPE_CHECKING:
    from seatrial.recording import Drive, Recorded, Recording
    from seatrial.results import Check
    from seatrial.system import Launcher, Session
    from seatrial.testbed import WireTestbed

_POLL_S = 0.5
CONSUMER_URL = "SEATRIAL_CONSUMER_URL"
"""Where a command that is run finds the running consumer."""


def record(
    edge: Annotated[str, typer.Argument(help="The edge whose consumer is recorded.")],
    pact: Annotated[Path, typer.Option("--pact", help="The pact file to write.")],
    command: Annotated[
        list[str] | None,
        typer.Argument(help="After --: the consumer's tests, or any program that calls it."),
    ] = None,
    journey: Annotated[
        str | None, typer.Option("--journey", help="Take this one of chaos/journeys instead.")
    ] = None,
    calls: Annotated[
        int,
        typer.Option("--calls", min=2, max=1000, help="How often, without a command."),
    ] = 8,
    engine: EngineOption = EngineChoice.AUTO,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    junit: JunitOption = None,
    report: ReportOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Record what a consumer asks its provider, and write the pact of what it needs.

    For example: seatrial record card --pact pacts/card.json -- npm test

    A command is run with the edge's variables for the provider's address, which is the tap's, and
    with the running consumer's in SEATRIAL_CONSUMER_URL; without one, the edge's trigger is called,
    or a journey is taken.
    """
    where = setting(config, seed)
    require("chaos", "pact", *where.servers)
    name = known("edge", edge, where.config.edges)
    if not pact.resolve().parent.is_dir():
        raise UsageError(f"{pact}: its folder doesn't exist; make it")
    if command and journey:
        raise UsageError("give either a command or --journey, not both")
    outputs = Outputs(json, report, junit)
    raise typer.Exit(
        _recorded(where, name, pact, command or [], journey, calls, engine, outputs, quiet=quiet)
    )


def _recorded(
    where: Setting,
    name: str,
    path: Path,
    command: Sequence[str],
    journey: str | None,
    calls: int,
    engine: EngineChoice,
    outputs: Outputs,
    *,
    quiet: bool,
) -> int:
    from seatrial.faults import open_engine
    from seatrial.recording import mutation_score, write
    from seatrial.recording import record as record_on
    from seatrial.system import Launcher, Session, run_async
    from seatrial.testbed import WireTestbed

    steps = Steps(quiet=quiet)
    edge = where.config.edges[name]
    with Session() as session, open_engine(session, engine.value) as opened:
        launcher = Launcher(session, where.config, where.folder)
        with steps.step(f"starting {name}"):
            testbed = WireTestbed(launcher, opened, name)
        drive: Drive | None = None
        if command:
            drive = _Command(session, testbed, command, where.folder)
        elif journey:
            drive = _Journey(where, journey, calls, testbed, launcher)
        with steps.step(f"recording {edge.consumer}"):
            found = run_async(record_on(testbed, calls=calls, drive=drive, seed=where.seed))
        engine_name = opened.name
    try:
        states = write(found, path, edge.consumer, edge.provider)
    except OSError as error:
        raise UsageError(f"{path}: can't be written: {error.strerror}") from None
    words = ["seatrial", "record", name, "--pact", str(path)]
    words += ["--journey", journey] if journey else []
    rerun = shlex.join([*words, *(["--", *command] if command else [])])
    checks = [check for one in found.interactions for check in _checks(one, rerun)]
    score = mutation_score(found.interactions)
    figures = {
        "record_s": round(found.took_s, 2),
        "exchanges": float(found.exchanges),
        "interactions": float(len(found.interactions)),
        "mutants": float(found.tally.mutants),
        "consumer_mutants_per_s": round(found.tally.per_s, 1),
        **({} if score is None else {"mutation_score": score}),
    }
    notes = [*found.notes]
    if found.dropped:
        notes.append(f"{found.dropped} exchanges no longer fitted, and weren't kept")
    result = where.result("record", checks, engine=engine_name, figures=figures, notes=notes)
    if not quiet:
        typer.echo(_summary(found, path, states, score))
    return finish(result, outputs, quiet=quiet)


def _summary(found: "Recording", path: Path, states: Path, score: float | None) -> str:
    named = sum(bool(one.interaction.states) for one in found.interactions)
    scored = "" if score is None else f", mutation score {score:g}"
    return (
        f"{path}: {len(found.interactions)} interactions of {found.exchanges} requests{scored}\n"
        f"{states}: the states of {named} of them, named by their requests; rename them by hand"
    )


def _checks(one: "Recorded", rerun: str) -> "list[Check]":
    from seatrial.results import Check, Verdict

    subject = one.interaction.subject
    held = Check(
        id="contract.provider",
        subject=subject,
        verdict=Verdict.FAILED if one.refusal else Verdict.PASSED,
        explanation=one.refusal or f"its provider keeps it, {one.verified}",
        rerun=rerun,
    )
    if one.measured is None:
        return [held]
    return [held, check_of(one.measured, rerun)]


class _Command:
    """Runs the consumer's own tests, or any program that calls it."""

    def __init__(
        self, session: "Session", testbed: "WireTestbed", command: Sequence[str], folder: Path
    ) -> None:
        self._session = session
        self._testbed = testbed
        self._command = command
        self._folder = folder

    async def __call__(self, consumer_url: str) -> None:
        """Run it to its end.

        Raises:
            InvalidRun: it failed: what it asked may not be what it should ask.
        """
        env = {**self._testbed.edge.address_at(self._testbed.proxy.url), CONSUMER_URL: consumer_url}
        process = self._session.start("tests", list(self._command), env=env, cwd=self._folder)
        while (status := await asyncio.to_thread(process.wait, _POLL_S)) is None:
            pass
        if status:
            raise InvalidRun(
                f"{shlex.join(self._command)} ended with status {status}; what it asked isn't "
                f"recorded. It said last:\n{process.tail()}"
            )


class _Journey:
    """Takes a project's journey through the services that run."""

    def __init__(
        self,
        where: Setting,
        name: str,
        calls: int,
        testbed: "WireTestbed",
        launcher: "Launcher",
    ) -> None:
        from seatrial.explore import usable_journeys

        journeys = usable_journeys(where.folder, where.config.edges)
        self._journey = journeys[known("journey", name, journeys)]
        self._where = where
        self._calls = calls
        self._testbed = testbed
        self._launcher = launcher

    async def __call__(self, consumer_url: str) -> None:
        """Take it, as often as was asked for.

        Raises:
            InvalidRun: it doesn't work.
        """
        import httpx

        from seatrial.explore import NoAnswer, system_without_faults

        failures = (AssertionError, NoAnswer, httpx.HTTPError, ValueError, LookupError)
        edge = self._testbed.edge
        own = {edge.consumer: consumer_url, edge.provider: self._testbed.provider.url}
        urls = {**self._launcher.neighbours.urls, **own}
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(self._calls):
                system = system_without_faults(self._where.config, urls, client)
                try:
                    await self._journey.run(system)
                except failures as error:
                    raise InvalidRun(
                        f"the journey {self._journey.name} doesn't work without faults: "
                        f"{type(error).__name__}: {error}"
                    ) from error
