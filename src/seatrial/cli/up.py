"""`seatrial up`: the system, running, until Ctrl-C."""

import json as jsonlib
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from seatrial.cli.output import Steps, say, table, writable
from seatrial.cli.setting import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    QuietOption,
    require,
    setting,
)
from seatrial.errors import UsageError
from seatrial.files import is_stream, part_of, write_whole

_ALONE = ("gateway", "redis", "toxiproxy")


def up(
    gateway: Annotated[
        bool, typer.Option("--gateway", help="Put the gateway before the services.")
    ] = False,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Put Toxiproxy and the tap between the services.")
    ] = False,
    states: Annotated[
        bool, typer.Option("--states", help="Serve Pact's provider states beside each service.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Start the system, print its addresses, and stop it all on Ctrl-C.

    For example: seatrial up --gateway --chaos --json up.json
    """
    where = setting(config)
    require("chaos", *where.servers)
    if gateway and where.config.gateway is None:
        raise UsageError(f"{config}: has no [gateway]; add one, or leave --gateway")
    _clear(json)

    from contextlib import ExitStack

    from seatrial.faults import open_engine
    from seatrial.system import Launcher, Session
    from seatrial.testbed.topology import Topology

    with ExitStack() as stack:
        session = stack.enter_context(Session())
        launcher = Launcher(session, where.config, where.folder)
        engine = stack.enter_context(open_engine(session, "auto")) if chaos else None
        with Steps(quiet=quiet).step("starting the system"):
            running = Topology(launcher, engine, states=states).start(gateway=gateway)
        if json is not None:
            write_whole(json, jsonlib.dumps(running, indent=2) + "\n")
        if not quiet:
            _show(running)
        threading.Event().wait()


def _clear(file: Path | None) -> None:
    """Take away what an earlier run wrote: whoever waits for the file would take it for ours."""
    if file is None:
        return
    if is_stream(file):
        writable(file)
        return
    part = part_of(file)  # not the file itself: it must not be there before it is whole
    try:
        writable(part)
    except UsageError as error:
        raise UsageError(str(error).replace(str(part), str(file))) from None
    part.unlink()
    file.unlink(missing_ok=True)


def _show(running: dict[str, Any]) -> None:
    rows = [
        (f"{name} {'' if key == 'url' else key}".strip(), url)
        for name, urls in running["services"].items()
        for key, url in urls.items()
    ]
    rows += [(name, running[name]["url"]) for name in _ALONE if name in running]
    table(("what", "address"), rows)
    say("Ctrl-C stops it all")
