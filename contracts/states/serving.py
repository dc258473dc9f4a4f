"""A provider and the addresses for Pact's requests: two servers in one process."""

import socket
from typing import Any

import uvicorn
from fastapi import FastAPI

from seatrial.pacts import MessageEndpoint, StateEndpoint, by_path
from seatrial.serving import UvicornServer, listen, serve_until_signal, url_of
from stubs.tracing import Tracer

_GRACE_S = 2


async def serve(
    app: FastAPI,
    states: StateEndpoint[Any],
    messages: MessageEndpoint[Any] | None,
    tracer: Tracer,
    listener: socket.socket,
) -> None:
    """Serve the application at this socket, and the others beside it, until SIGTERM or SIGINT.

    It says in one line where they listen. The application's lifespan must have begun.
    """
    with listen("127.0.0.1", 0) as aside:
        beside: dict[str, StateEndpoint[Any] | MessageEndpoint[Any]] = {states.path: states}
        if messages is not None:
            beside[messages.path] = messages
        named = {"statesUrl": StateEndpoint.path, "messagesUrl": MessageEndpoint.path}
        urls = {name: url_of(aside) + path for name, path in named.items() if path in beside}

        def listening() -> None:
            # The other socket takes connections already, and is answered once its server runs.
            tracer.event("listening", url=url_of(listener), **urls)

        await serve_until_signal(
            (UvicornServer(_config(app)), listener),
            (UvicornServer(_config(by_path(beside)), listening), aside),
        )


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
