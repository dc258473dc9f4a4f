"""The tap's process: `python -m seatrial.tap --upstream http://127.0.0.1:PORT`."""

import argparse
import asyncio
import contextlib
import gc
import json
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from seatrial.errors import SeatrialError, UsageError
from seatrial.plugins import load_plugins
from seatrial.tap.consumer import ConsumerConnection
from seatrial.tap.control import control_app
from seatrial.tap.provider import ProviderAddress
from seatrial.tap.state import Tap

BACKLOG = 2048
OPEN_FILES = 65_536


class ControlServer(uvicorn.Server):
    """Uvicorn without its signal handling: the process has one of its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


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
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    control_socket = _listening("127.0.0.1", options.control_port)
    data_socket = _listening(options.host, options.port)
    data = await loop.create_server(
        lambda: ConsumerConnection(tap), sock=data_socket, backlog=BACKLOG
    )
    config = uvicorn.Config(control_app(tap), log_level="warning", lifespan="off", access_log=False)
    control = ControlServer(config)
    serving = asyncio.create_task(control.serve(sockets=[control_socket]))
    _say(url=_url(data_socket), controlUrl=_url(control_socket))
    await stop.wait()
    data.close()
    tap.release()
    tap.disconnect_all()
    control.should_exit = control.force_exit = True
    await serving


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


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, proto, _, address = found[0]
        # Named as TCP: asyncio sets TCP_NODELAY on what it accepts only where the protocol is said.
        listening = socket.socket(family, kind, proto)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"can't listen on {host}:{port}: {reason}; take another, or 0") from None
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(**data: str) -> None:
    line = {
        "event": "listening",
        "timestamp": datetime.now(UTC).isoformat(),
        "traceId": None,
        "data": data,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


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
