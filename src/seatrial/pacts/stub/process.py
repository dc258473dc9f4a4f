"""The stub as a process: two servers, for the interactions and for their states."""

import argparse
import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvicorn

from seatrial.errors import UsageError
from seatrial.loopback import LoopbackGuard
from seatrial.pacts.files import read_pact
from seatrial.pacts.messages import PATH as MESSAGES_PATH
from seatrial.pacts.state_endpoint import PATH as STATES_PATH
from seatrial.pacts.stub.serving import PactStub, StatesApp
from seatrial.serving import UvicornServer, announce, listen, serve_until_signal, url_of


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line; argparse itself ends the process with 2 where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m seatrial.pacts.stub", description="Serves a pact file alone."
    )
    add = parser.add_argument
    add("--pact", required=True, type=Path, metavar="FILE", help="the pact file")
    add("--provider", metavar="NAME", help="the provider that the pact must name")
    add("--state", action="append", default=[], metavar="NAME", help="selected from the start")
    port = os.environ.get("PORT", "0")
    add("--port", type=int, default=port, help="on 127.0.0.1; 0, or PORT, by default")
    add("--states-port", type=int, default=0, help="where states are selected; 0 by default")
    return parser.parse_args(arguments)


def load(options: argparse.Namespace) -> PactStub:
    """The stub of the pact that the options name.

    Raises:
        UsageError: the pact can't be read or served, or is another provider's; a state is none of
            its states.
    """
    pact = read_pact(options.pact)
    if options.provider and options.provider != pact.provider:
        raise UsageError(
            f"{pact.path} is about {pact.provider!r}, not {options.provider!r}; name another file, "
            "or give the service the provider's name"
        )
    stub = PactStub(pact)
    for name in options.state:
        stub.selection.select(name, {})
    return stub


async def serve(stub: PactStub, port: int, states_port: int) -> None:
    """Serve the stub and its states until SIGTERM or SIGINT; says in one line where.

    Raises:
        UsageError: a port is taken.
    """
    with ExitStack() as stack:
        listeners = [stack.enter_context(listen("127.0.0.1", each)) for each in (port, states_port)]
        url, aside = map(url_of, listeners)
        urls = {"url": url, "statesUrl": aside + STATES_PATH, "messagesUrl": aside + MESSAGES_PATH}
        # Both sockets take connections already; they are answered once their servers run.
        servers = [
            UvicornServer(_config(stub)),
            UvicornServer(_config(LoopbackGuard(StatesApp(stub))), lambda: announce(**urls)),
        ]
        await serve_until_signal(*zip(servers, listeners, strict=True))


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
    )


def run(arguments: Sequence[str]) -> None:
    """Serve what the arguments name until SIGTERM or SIGINT.

    Raises:
        UsageError: it can't be served.
    """
    asyncio.run(_run(parse(arguments)))


async def _run(options: argparse.Namespace) -> None:
    stub = load(options)
    try:
        await serve(stub, options.port, options.states_port)
    finally:
        await stub.close()
