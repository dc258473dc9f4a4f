"""A service as a process: one line when it listens, one sentence when it can't."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from seatrial.errors import UsageError
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer, start_telemetry, stop_telemetry

_GRACE_S = 5  # for the requests in flight, once somebody asked us to stop
_BACKLOG = 2048


class _Server(uvicorn.Server):
    """Says when it listens, and exits with 0 after SIGTERM."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._listening()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        # uvicorn raises the signal again once it has stopped, and so ends by it.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def run_service(
    default_name: str,
    build: Callable[[Environment, Tracer], FastAPI],
    environment: Environment | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status.

    The environment: `HOST` (127.0.0.1), `PORT` (0: the system chooses), `SERVICE_NAME`. What can't
    work is told in one sentence on standard error, with exit status 2.
    """
    environment = environment or Environment()
    lines = LineWriter()
    try:
        name = environment.text("SERVICE_NAME", default_name) or default_name
        tracer = Tracer(name, lines)
        start_telemetry(name, os.environ)
        with listen(environment) as listener:
            return asyncio.run(_serve(environment, tracer, build, listener))
    except UsageError as error:
        print(f"{default_name}: {error}", file=sys.stderr)  # noqa: T201 - the process's own word
        return error.exit_code
    finally:
        stop_telemetry()
        lines.flush()


async def _serve(
    environment: Environment,
    tracer: Tracer,
    build: Callable[[Environment, Tracer], FastAPI],
    listener: socket.socket,
) -> int:
    app = build(environment, tracer)
    host, port = listener.getsockname()[:2]
    # The lifespan is ours: uvicorn would swallow what goes wrong in it.
    async with app.router.lifespan_context(app):
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        server = _Server(config, lambda: tracer.event("listening", url=f"http://{host}:{port}"))
        await server.serve([listener])
        tracer.event("stopped")
    return 0


def listen(environment: Environment) -> socket.socket:
    """A socket that listens at `HOST` and `PORT`.

    Raises:
        UsageError: it can't.
    """
    host = environment.text("HOST", "127.0.0.1") or "127.0.0.1"
    port = environment.whole("PORT", 0, low=0, high=65535)
    # asyncio turns Nagle's delay off only for sockets that name their protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"can't listen on {host}:{port} ({error.strerror}); choose another HOST or PORT"
        ) from None
    return listener
