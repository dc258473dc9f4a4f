"""`python -m seatrial.faults.engine`: serve until SIGTERM.

When it is ready it prints one line: {"event": "listening", "data": {"url", "version", "seed"}}.
"""

import argparse
import asyncio
import resource
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from seatrial.errors import UsageError
from seatrial.faults.engine import VERSION
from seatrial.faults.engine.addresses import Address, AddressError, bind, bound_address
from seatrial.faults.engine.api import application
from seatrial.faults.engine.dataplane.selector import new_loop
from seatrial.faults.engine.dataplane.turns import ask_for_short_turns
from seatrial.faults.engine.engine import EngineState
from seatrial.faults.engine.patience import PatientProtocol
from seatrial.loopback import is_loopback
from seatrial.plugins import load_plugins
from seatrial.serving import UvicornServer, announce, serve_until_signal

_FILES = 65536


def main(argv: list[str] | None = None) -> int:
    """Serve; 0 after SIGTERM or SIGINT, 2 when it can't listen."""
    parser = argparse.ArgumentParser(prog="python -m seatrial.faults.engine", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--seed", type=int, default=None, help="of all chance; default: any")
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="[FOLDER:]MODULE",
        help="with toxics of its own; may be repeated",
    )
    args = parser.parse_args(argv)
    if not is_loopback(args.host) or not 0 <= args.port <= 65535:
        parser.error("--host must be a loopback address, such as 127.0.0.1, and --port a port")
    try:
        load_plugins(args.plugin, Path.cwd())
    except UsageError as error:
        parser.error(str(error))
    host = "127.0.0.1" if args.host == "localhost" else args.host
    try:
        listener = bind(Address(host, args.port), backlog=128)
    except AddressError as error:
        parser.error(f"{error}; choose another --port, or 0")
    _allow_many_sockets()
    ask_for_short_turns()
    seed = secrets.randbits(32) if args.seed is None else args.seed
    with listener, asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(listener, EngineState(seed)))
    return 0


async def _serve(listener: socket.socket, engine: EngineState) -> None:
    asyncio.get_running_loop().set_exception_handler(_report)
    config = uvicorn.Config(
        application(engine),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        http=PatientProtocol,
        loop="asyncio",
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    url = f"http://{bound_address(listener)}"
    server = UvicornServer(config, lambda: announce(url=url, version=VERSION, seed=engine.seed))
    try:
        await serve_until_signal((server, listener))
    finally:
        engine.stop()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say what went wrong outside of any request, in one line."""
    found = context.get("exception")
    cause = {} if found is None else {"cause": repr(found)}
    announce("error", message=context["message"], **cause)


def _allow_many_sockets() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
