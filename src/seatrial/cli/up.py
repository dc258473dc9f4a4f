"""`seatrial up`: the system, running, until Ctrl-C."""

import json as jsonlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from seatrial.system import Launcher
    from seatrial.testbed import Topology

_LOOK_EVERY_S = 0.2
_ALONE = ("gateway", "redis", "toxiproxy")


def up(
    gateway: Annotated[
        bool, typer.Option("--gateway", help="Put the gateway before the services.")
    ] = False,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Put Toxiproxy and the tap between the services.")
    ] = False,
    states: Annotated[
        bool,
        typer.Option(
            "--states",
            help="Serve Pact's provider states next to each service. It is then started by its "
            "states_command, which is made for contracts: other policies than declared may hold.",
        ),
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Start again, where it was, what ends by itself.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Start the system, print its addresses, report what ends, and stop it all on Ctrl-C.

    For example: seatrial up --gateway --chaos --json up.json
    """
    where = setting(config)
    require("chaos", *where.servers)
    if gateway and where.config.gateway is None:
        raise UsageError(f"{config}: has no [gateway]; add one, or leave --gateway")
    _clear(json)

    from contextlib import ExitStack

    from seatrial.cli.watch import Watch
    from seatrial.faults import open_engine
    from seatrial.system import Launcher, Session
    from seatrial.testbed import Topology

    with ExitStack() as stack:
        session = stack.enter_context(Session())
        launcher = Launcher(session, where.config, where.folder)
        engine = stack.enter_context(open_engine(session, "auto")) if chaos else None
        with Steps(quiet=quiet).step("starting the system"):
            topology = Topology(launcher, engine, states=states)
            topology.start(gateway=gateway)
        _write(topology, json)
        if not quiet:
            _show(topology.addresses())
            _say_states(topology, chaos=chaos)
        restarts = _restarts(topology, launcher, json) if restart else {}
        watch = Watch(lambda: session.processes, restarts, say)
        while True:
            watch.look()
            time.sleep(_LOOK_EVERY_S)


def _write(topology: "Topology", json: Path | None) -> None:
    if json is not None:
        write_whole(json, jsonlib.dumps(topology.addresses(), indent=2) + "\n")


def _restarts(
    topology: "Topology", launcher: "Launcher", json: Path | None
) -> dict[str, Callable[[], str]]:
    """Return how each part of the system is started again, by its process's name."""

    def service(name: str) -> str:
        topology.running[name] = launcher.restart(topology.running[name])
        _write(topology, json)  # the address of its states may be another now
        return topology.running[name].url

    def server(placeholder: str) -> str:
        launcher.restart_server(placeholder)
        return "where it was"

    found: dict[str, Callable[[], str]] = {
        name: partial(service, name)
        for name, running in topology.running.items()
        if running.process is not None
    }
    for placeholder in launcher.started_servers:
        name = launcher.server(placeholder).process.name
        found[name] = partial(server, placeholder)
    return found


def _say_states(topology: "Topology", *, chaos: bool) -> None:
    """Say which services are other ones than the configuration declares."""
    named = [name for name, one in topology.running.items() if one.states_url is not None]
    if not named:
        return
    say(
        f"{', '.join(named)}: started by states_command, for contracts; retries, breakers and "
        "caches may be others than declared"
        + (", so leave --states out to see how they bear a fault" if chaos else "")
    )


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
