"""HTTP servers in processes of ours: where they listen, the line that says so, and their end.

A process binds its sockets, prints one line `{"event": "listening", "data": {…}}` once it serves,
and ends with 0 after SIGTERM or SIGINT. uvicorn's own handling of signals serves one server alone,
and ends the process by the signal.
"""

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

import uvicorn

from seatrial.errors import UsageError

BACKLOG = 2048
_LAST_PORT = 65_535


class UvicornServer(uvicorn.Server):
    """Uvicorn that leaves the signals to its process."""

    def __init__(
        self, config: uvicorn.Config, listening: Callable[[], None] = lambda: None
    ) -> None:
        """Make it; `listening` is called once it serves."""
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        if self.started:
            self._listening()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield

    def stop(self) -> None:
        """Finish what is in flight and end; asked again, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


async def serve_until_signal(*servers: tuple[UvicornServer, socket.socket]) -> None:
    """Serve each at its socket until SIGTERM or SIGINT."""

    def stop() -> None:
        for server, _ in servers:
            server.stop()

    with on_signals(stop):
        await asyncio.gather(*(server.serve([listener]) for server, listener in servers))


@contextlib.contextmanager
def on_signals(stop: Callable[[], object]) -> Generator[None]:
    """Call `stop` at each SIGTERM and SIGINT within the block, in the running loop."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def listen(host: str, port: int, fix: str = "take another, or 0") -> socket.socket:
    """Return a socket that listens; port 0: the system chooses one.

    Raises:
        UsageError: it can't; the message ends with `fix`.
    """
    if not 0 <= port <= _LAST_PORT:  # the system's own functions take it modulo 65,536
        raise UsageError(f"can't listen on {host}:{port}: a port is 0 to {_LAST_PORT}; {fix}")
    listener: socket.socket | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # Named as TCP: asyncio turns Nagle's delay off, 40 ms an answer, only where it is said.
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        if listener is not None:
            listener.close()
        reason = error.strerror or error
        raise UsageError(f"can't listen on {host}:{port}: {reason}; {fix}") from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the URL at which a socket listens."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(event: str = "listening", **data: Any) -> None:
    """Print the line by which whoever started this process learns where it listens."""
    now = datetime.now(UTC).isoformat()
    line = {"event": event, "timestamp": now, "traceId": None, "data": data}
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
