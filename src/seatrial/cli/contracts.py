"""`seatrial contracts`: consumer tests and provider verification."""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from seatrial.cli.consumer_strength import measured_by
from seatrial.cli.ending import Ending
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
    known,
    require,
    setting,
)
from seatrial.errors import UsageError

_PYTESTS = re.compile(r"--pact-(?!update\b)")
"""The beginnings of pytest's options that this command has too."""


def contracts(
    provider: Annotated[
        list[str] | None,
        typer.Option("--provider", metavar="NAME=URL", help="Verify this running provider."),
    ] = None,
    states: Annotated[
        list[str] | None,
        typer.Option("--states", metavar="NAME=URL", help="Where its provider states are set."),
    ] = None,
    messages: Annotated[
        list[str] | None,
        typer.Option("--messages", metavar="NAME=URL", help="What makes it send its messages."),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option("--broker", metavar="URL", help="Verify the pacts of this Pact Broker."),
    ] = None,
    selector: Annotated[
        list[str] | None,
        typer.Option(
            "--selector", help="Which of its pacts: main-branch, branch=NAME, environment=NAME, …"
        ),
    ] = None,
    branch: Annotated[
        str | None, typer.Option("--branch", help="The provider's branch: new pacts are pending.")
    ] = None,
    wip_since: Annotated[
        str | None, typer.Option("--wip-since", metavar="DATE", help="Others made since, too.")
    ] = None,
    publish: Annotated[
        str | None,
        typer.Option("--publish", metavar="VERSION", help="Publish results, as this version's."),
    ] = None,
    build_url: Annotated[
        str | None, typer.Option("--build-url", metavar="URL", help="Of the run in CI.")
    ] = None,
    consumer: Annotated[
        list[str] | None,
        typer.Option(
            "--consumer",
            metavar="EDGE",
            help="Measure the pact of this edge by its running consumer, and do nothing else.",
        ),
    ] = None,
    pact: Annotated[
        Path | None, typer.Option("--pact", help="With --consumer: the pact, where it isn't found.")
    ] = None,
    engine: EngineOption = EngineChoice.AUTO,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    junit: JunitOption = None,
    report: ReportOption = None,
    seed: SeedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Run the consumers' tests, and verify each provider against what they expect.

    For example: seatrial contracts --provider user-service=http://127.0.0.1:3001

    With --consumer, a pact is changed answer by answer, and the consumer that runs is asked what it
    makes of each: seatrial contracts --consumer card.

    With a broker, its pacts are verified instead of the committed ones; its credentials are taken
    from PACT_BROKER_TOKEN, or PACT_BROKER_USERNAME and PACT_BROKER_PASSWORD.
    """
    where = setting(config, seed)
    if pact is not None and (not consumer or len(consumer) > 1):
        raise UsageError("--pact FILE is the pact of one edge; name that with --consumer EDGE")
    if consumer:
        if provider or states or messages or broker:
            raise UsageError("--consumer measures a pact; give it without the provider's options")
        raise typer.Exit(
            measured_by(where, consumer, pact, engine, Outputs(json, report, junit), quiet=quiet)
        )
    require("pact", *where.servers)
    services = where.config.services
    elsewhere = {
        option: {known("service", name, services): url for name, url in addresses(option, values)}
        for option, values in (
            ("--provider", provider),
            ("--states", states),
            ("--messages", messages),
        )
    }
    for option, urls in elsewhere.items():
        if loose := set(urls) - set(elsewhere["--provider"]):
            raise UsageError(f"{option} {min(loose)}: needs --provider {min(loose)}=URL as well")
    asked: dict[str, object] = {"--branch": branch, "--wip-since": wip_since, "--publish": publish}
    asked |= {"--build-url": build_url, "--selector": selector}
    for option, value in asked.items():
        if broker is None and value:
            raise UsageError(f"{option} needs --broker URL as well")
    outputs = Outputs(json, report, junit)

    from seatrial.pacts import run_contracts
    from seatrial.results import Result, RunVerdict
    from seatrial.system import Session

    found: Result | None = None
    ending = Ending(lambda: found is not None)
    with (
        ending,
        Session() as session,
        Steps(quiet=quiet).step("contracts") as note,
        _own_option_names(),
    ):
        found = run_contracts(
            session,
            folder=where.folder / "contracts",
            providers=elsewhere["--provider"],
            states=elsewhere["--states"],
            messages=elsewhere["--messages"],
            options=broker_options(broker, selector or (), asked),
            progress=note,
        )
        if found.verdict is RunVerdict.INVALID:
            raise KeyboardInterrupt
    result = where.result(
        "contracts",
        found.checks if found else (),
        figures=found.figures if found else {},
        invalid=ending.invalid,
    )
    status = finish(result, outputs, quiet=quiet)
    ending.pass_on()
    raise typer.Exit(status)


@contextlib.contextmanager
def _own_option_names() -> Iterator[None]:
    """Let an error of the tests name this command's options, and not pytest's."""
    try:
        yield
    except UsageError as error:
        raise UsageError(_PYTESTS.sub("--", str(error))) from error


def broker_options(
    broker: str | None, selectors: Sequence[str], asked: Mapping[str, object]
) -> list[str]:
    """The options of pytest for what is asked of a broker."""
    if broker is None:
        return []
    single = {option: value for option, value in asked.items() if isinstance(value, str)}
    return [
        f"--pact-broker={broker}",
        *(f"--pact-selector={each}" for each in selectors),
        *(f"--pact-{option.removeprefix('--')}={value}" for option, value in single.items()),
    ]


def addresses(option: str, values: list[str] | None) -> list[tuple[str, str]]:
    """NAME=URL as pairs.

    Raises:
        UsageError: one isn't of that form.
    """
    pairs = []
    for value in values or ():
        name, _, url = value.partition("=")
        if not name or not url.startswith(("http://", "https://")):
            raise UsageError(f"{option} {value}: must be NAME=URL, with a URL of http or https")
        pairs.append((name, url))
    return pairs
