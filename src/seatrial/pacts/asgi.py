"""The little of ASGI that the addresses for Pact's own requests need."""

import json
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from seatrial.errors import UsageError

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
Asgi = Callable[[AsgiMessage, Receive, Send], Awaitable[None]]


def by_path(apps: Mapping[str, Asgi]) -> Asgi:
    """One application of several, each at a path of its own."""

    async def app(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise UsageError(f"these addresses speak HTTP, not {scope['type']}; set lifespan off")
        if scope["path"] not in apps:
            return await answer(send, 404, {"detail": f"ask POST {' or '.join(apps)}"})
        return await apps[scope["path"]](scope, receive, send)

    return app


def json_object(body: bytes) -> Mapping[str, Any]:
    """The body of a request.

    Raises:
        UsageError: it isn't a JSON object.
    """
    try:
        value = json.loads(body)
    except ValueError as error:
        raise UsageError(
            f"the body is not JSON ({error}); set the verifier's `body=True`"
        ) from error
    if not isinstance(value, dict):
        raise UsageError("the body must be a JSON object")
    return value


def told(error: Exception) -> Mapping[str, Any]:
    """An error as the verification shows it: its sentence, and its own traceback."""
    named = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
    return {"detail": named, "traceback": "".join(traceback.format_exception(error))}


async def read_body(receive: Receive) -> bytes:
    """All of a request's body."""
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if not message.get("more_body"):
            return bytes(body)


async def answer(
    send: Send,
    status: int,
    body: Mapping[str, Any] | bytes,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer with a body, which is JSON unless the headers say otherwise."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", **(headers or {})}
    lines = [(name.encode(), value.encode()) for name, value in fields.items()]
    lines.append((b"content-length", str(len(payload)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": payload})
