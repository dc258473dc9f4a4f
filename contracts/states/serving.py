"""A provider and the addresses for Pact's requests: two servers in one process."""

import asyncio
import signal
import socket
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from seatrial.pacts import MessageEndpoint, StateEndpoint
from seatrial.pacts.asgi import Asgi, by_path
from seatrial.pacts.messages import PATH as MESSAGE_PATH
from seatrial.pacts.state_endpoint import PATH as STATE_PATH
from stubs.tracing import Tracer

_GRACE_S = 2


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals alone: they are for both servers."""
        yield


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
    with ExitStack() as stack:
        sockets = [listener, stack.enter_context(_listener())]
        beside: dict[str, Asgi] = {STATE_PATH: states}
        if messages is not None:
            beside[MESSAGE_PATH] = messages
        servers = [_Server(_config(app)), _Server(_config(by_path(beside)))]

        def stop() -> None:
            for server in servers:
                server.should_exit = True

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        url, aside = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in sockets)
        named = {"statesUrl": STATE_PATH, "messagesUrl": MESSAGE_PATH}
        urls = {name: aside + path for name, path in named.items() if path in beside}
        # Both sockets take connections already; they are answered once their servers run.
        tracer.event("listening", url=url, **urls)
        await asyncio.gather(
            *(server.serve([each]) for server, each in zip(servers, sockets, strict=True))
        )


def _listener() -> socket.socket:
    # asyncio turns Nagle's delay off only for sockets that name their protocol: 40 ms a state.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
