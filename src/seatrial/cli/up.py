"""`seatrial up`: the system, running, until Ctrl-C."""

import json as jsonlib
import threading
from typing import Annotated, Any

import typer

from seatrial.cli.output import Steps, say, table, writable
from seatrial.cli.setting import DEFAULT_CONFIG, ConfigOption, JsonOption, require, setting


def up(
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Put Toxiproxy and the tap between the services.")
    ] = False,
    states: Annotated[
        bool, typer.Option("--states", help="Serve Pact's provider states beside each service.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = None,
) -> None:
    """Start the system, print its addresses, and stop it all on Ctrl-C."""
    require("chaos", "servers")
    where = setting(config)
    writable(json)

    from contextlib import ExitStack

    from seatrial.faults import open_engine
    from seatrial.scenarios.topology import Topology
    from seatrial.system import Launcher, Session

    with ExitStack() as stack:
        session = stack.enter_context(Session())
        launcher = Launcher(session, where.config, where.folder)
        engine = stack.enter_context(open_engine(session, "auto")) if chaos else None
        with Steps().step("starting the system"):
            running = Topology(launcher, engine, states=states).start()
        if json is not None:
            json.write_text(jsonlib.dumps(running, indent=2) + "\n", encoding="utf-8")
        _show(running)
        threading.Event().wait()


def _show(running: dict[str, Any]) -> None:
    rows = [
        (f"{name} {'' if key == 'url' else key}".strip(), url)
        for name, urls in running["services"].items()
        for key, url in urls.items()
    ]
    rows += [(name, running[name]["url"]) for name in ("redis", "toxiproxy") if name in running]
    table(("what", "address"), rows)
    say("Ctrl-C stops it all")
