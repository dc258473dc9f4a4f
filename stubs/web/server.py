"""A service as a process: one line when it listens, one sentence when it can't."""

import asyncio
import os
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from seatrial.errors import UsageError
from seatrial.serving import UvicornServer, listen, serve_until_signal, url_of
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer, start_telemetry, stop_telemetry

_GRACE_S = 5  # for the requests in flight, once somebody asked us to stop


def run_service(
    default_name: str,
    build: Callable[[Environment, Tracer], FastAPI],
    environment: Environment | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status.

    The environment: `HOST` (127.0.0.1), `PORT` (0: the system chooses), `SERVICE_NAME`. What can't
    work is said in one sentence on standard error, with exit status 2.
    """
    environment = environment or Environment()
    lines = LineWriter()
    try:
        name = environment.text("SERVICE_NAME", default_name) or default_name
        tracer = Tracer(name, lines)
        start_telemetry(name, os.environ)
        with open_listener(environment) as listener:
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
    url = url_of(listener)
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
        server = UvicornServer(config, lambda: tracer.event("listening", url=url))
        await serve_until_signal((server, listener))
        tracer.event("stopped")
    return 0


def open_listener(environment: Environment) -> socket.socket:
    """Return a socket that listens at `HOST` and `PORT`.

    Raises:
        UsageError: it can't.
    """
    host = environment.text("HOST", "127.0.0.1") or "127.0.0.1"
    port = environment.whole("PORT", 0, low=0, high=65535)
    return listen(host, port, "choose another HOST or PORT")
