"""As little of a web framework as a consumer and a provider of a test need."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import uvicorn


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """An answer with a JSON body."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Asked], Awaitable[Answer]]


def serve(handler: Handler) -> None:
    """Serve on the port that the environment says, 0 being any, until SIGTERM."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", int(os.environ["PORT"])))
        listener.listen(512)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print(json.dumps({"event": "listening", "data": {"url": url}}), flush=True)  # noqa: T201
        config = uvicorn.Config(application(handler), log_level="error", lifespan="off")
        uvicorn.Server(config).run([listener])


def application(handler: Handler) -> Any:
    """Return an ASGI application; a handler is cancelled when whoever asked goes away."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        work = asyncio.ensure_future(handler(_asked(scope)))
        gone = asyncio.ensure_future(receive())
        await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not work.done():
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            return
        answer = work.result()
        body = json.dumps(answer.body).encode()
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        shown = [
            (key.encode(), value.encode()) for key, value in (headers | answer.headers).items()
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": shown})
        await send({"type": "http.response.body", "body": body})

    return app


def _asked(scope: Any) -> Asked:
    return Asked(
        scope["method"],
        unquote(scope["path"]),
        dict(parse_qsl(scope["query_string"].decode())),
        {key.decode().lower(): value.decode() for key, value in scope["headers"]},
    )
