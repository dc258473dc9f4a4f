"""`seatrial contracts`: consumer tests and provider verification."""

from typing import Annotated

import typer

from seatrial.cli.output import Steps, finish, writable
from seatrial.cli.setting import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    SeedOption,
    known,
    require,
    setting,
)
from seatrial.errors import UsageError


def contracts(
    provider: Annotated[
        list[str] | None,
        typer.Option("--provider", metavar="NAME=URL", help="Verify this running provider."),
    ] = None,
    states: Annotated[
        list[str] | None,
        typer.Option("--states", metavar="NAME=URL", help="Where its provider states are set."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    seed: SeedOption = None,
) -> None:
    """Run the consumers' tests, and verify each provider against what they expect.

    For example: seatrial contracts --provider user-service=http://127.0.0.1:3001
    """
    require("pact", "servers")
    where = setting(config, seed)
    services = where.config.services
    providers = {
        known("service", name, services): url for name, url in addresses("--provider", provider)
    }
    state_urls = {
        known("service", name, services): url for name, url in addresses("--states", states)
    }
    if loose := set(state_urls) - set(providers):
        raise UsageError(f"--states {min(loose)}: needs --provider {min(loose)}=URL beside it")
    writable(json)

    from seatrial.pacts import run_contracts
    from seatrial.system import Session

    with Session() as session, Steps().step("contracts") as note:
        checks = run_contracts(
            session,
            folder=where.folder / "contracts",
            providers=providers,
            states=state_urls,
            progress=note,
        )
    raise typer.Exit(finish(where.result("contracts", checks), json))


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
