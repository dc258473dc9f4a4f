"""The stub as a process: two servers, for the interactions and for their states."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from seatrial.errors import UsageError
from seatrial.loopback import LoopbackGuard
from seatrial.pacts.files import read_pact
from seatrial.pacts.messages import PATH as MESSAGES_PATH
from seatrial.pacts.state_endpoint import PATH as STATES_PATH
from seatrial.pacts.stub.serving import PactStub, StatesApp


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone: they are for both servers."""
        yield


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
        sockets = [stack.enter_context(_listener(each)) for each in (port, states_port)]
        servers = [_Server(_config(app)) for app in (stub, LoopbackGuard(StatesApp(stub)))]

        def stop() -> None:
            for server in servers:
                server.should_exit = True

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        url, beside = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in sockets)
        _say(url=url, statesUrl=beside + STATES_PATH, messagesUrl=beside + MESSAGES_PATH)
        await asyncio.gather(
            *(server.serve([each]) for server, each in zip(servers, sockets, strict=True))
        )


def _listener(port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only for sockets that name their protocol: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise UsageError(
            f"can't listen on 127.0.0.1:{port}: {reason}; take another, or 0"
        ) from None
    listener.listen()
    return listener


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
    )


def _say(**data: str) -> None:
    line = {
        "event": "listening",
        "timestamp": datetime.now(UTC).isoformat(),
        "traceId": None,
        "data": data,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


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
