"""The tap's process: `python -m seatrial.tap --upstream http://127.0.0.1:PORT`."""

import argparse
import asyncio
import contextlib
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from seatrial.errors import SeatrialError
from seatrial.plugins import load_plugins
from seatrial.serving import BACKLOG, UvicornServer, announce, listen, on_signals, url_of
from seatrial.tap.consumer import ConsumerConnection
from seatrial.tap.control import control_app
from seatrial.tap.provider import ProviderAddress
from seatrial.tap.state import Tap

OPEN_FILES = 65_536


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; argparse itself ends the process with 2 where they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m seatrial.tap", description=__doc__)
    add = parser.add_argument
    add("--upstream", required=True, metavar="URL", help="the provider, http://HOST:PORT")
    add("--host", default="127.0.0.1", help="where consumers connect (%(default)s)")
    add("--port", type=_port, default=0, help="0 for one that the system chooses")
    add("--control-port", type=_port, default=0, help="on 127.0.0.1 alone; 0 as above")
    add("--journal", type=_count, default=100_000, metavar="N", help="entries kept (%(default)s)")
    add(
        "--journal-header",
        action="append",
        default=[],
        metavar="NAME",
        help="a header to write down; credentials are redacted",
    )
    add(
        "--redact-header",
        action="append",
        default=[],
        metavar="NAME",
        help="a header whose value is never written down",
    )
    add(
        "--plugin",
        action="append",
        default=[],
        metavar="MODULE",
        help="a module that registers actions of its own; FOLDER:MODULE looks for it there",
    )
    return parser.parse_args(arguments)


async def serve(options: argparse.Namespace) -> None:
    """Serve both planes until SIGTERM or SIGINT.

    Raises:
        UsageError: an address can't be listened on, or a plugin can't be imported.
    """
    if options.plugin:
        load_plugins(options.plugin, Path.cwd())
    tap = Tap(
        ProviderAddress.of(options.upstream),
        journal_limit=options.journal,
        headers=options.journal_header,
        redact=options.redact_header,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with on_signals(stop.set):
        control_socket = listen("127.0.0.1", options.control_port)
        data_socket = listen(options.host, options.port)
        data = await loop.create_server(
            lambda: ConsumerConnection(tap), sock=data_socket, backlog=BACKLOG
        )
        control = UvicornServer(_control_config(tap))
        serving = asyncio.create_task(control.serve(sockets=[control_socket]))
        announce(url=url_of(data_socket), controlUrl=url_of(control_socket))
        await stop.wait()
    data.close()
    tap.release()
    tap.disconnect_all()
    control.should_exit = control.force_exit = True
    await serving


def _control_config(tap: Tap) -> uvicorn.Config:
    return uvicorn.Config(
        control_app(tap),
        log_level="warning",
        lifespan="off",
        access_log=False,
        # Clients give up an idle connection after 5 s; one that did so, too, would meet a request.
        timeout_keep_alive=600,
    )


def main() -> int:
    """Run the process; return its exit code."""
    _raise_file_limit()
    # The journal's records live long: going through them all to find garbage would show as a pause
    # in what is measured.
    gc.freeze()
    gc.set_threshold(50_000, 20, 1_000)
    try:
        asyncio.run(serve(parse(sys.argv[1:])))
    except SeatrialError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _port(text: str) -> int:
    return _between(text, 0, 65_535)


def _count(text: str) -> int:
    return _between(text, 1, 10_000_000)


def _between(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r}: give a number from {low} to {high}")
    return int(text)


def _raise_file_limit() -> None:
    """Take as many open files as the system gives: a connection is two of them."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    sys.exit(main())
