"""The little of ASGI that the addresses for Pact's own requests need."""

import json
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from seatrial.errors import UsageError

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
BODY_MAX = 2 << 20
"""The longest body that is read, bytes: Pact's core takes half a second for each of these."""
_DEPTH_MAX = 100
"""The core itself reads JSON that is nested up to 127 deep."""
_BRACKETS = re.compile(rb"[][{}]")
Asgi = Callable[[AsgiMessage, Receive, Send], Awaitable[None]]


def by_path(apps: Mapping[str, Asgi]) -> Asgi:
    """One application of several, each at a path of its own."""

    async def app(scope: AsgiMessage, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await refuse_other_protocol(scope, send)
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
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"the body is not JSON ({error}); set the verifier's `body=True`"
        ) from error
    if not isinstance(value, dict):
        raise UsageError("the body must be a JSON object")
    return value


def error_body(error: Exception) -> Mapping[str, Any]:
    """An error for the verification to show: its sentence, and its own traceback."""
    named = str(error) if isinstance(error, UsageError) else f"{type(error).__name__}: {error}"
    return {"detail": named, "traceback": "".join(traceback.format_exception(error))}


async def read_body(receive: Receive) -> bytes:
    """All of a request's body.

    Raises:
        UsageError: it is longer, or nested deeper, than anything that a pact is about.
    """
    body = bytearray()
    while True:
        message = await receive()
        body.extend(message.get("body", b""))
        if len(body) > BODY_MAX:
            raise UsageError(f"the body is longer than {BODY_MAX >> 20} MiB; send a shorter one")
        if not message.get("more_body"):
            break
    if _is_too_deep(body):
        raise UsageError(f"the body is nested more than {_DEPTH_MAX} deep; send a flatter one")
    return bytes(body)


def _is_too_deep(body: bytearray) -> bool:
    """Say whether too many brackets are open at once; those in texts count as well."""
    depth = 0
    for match in _BRACKETS.finditer(body):
        depth += 1 if match[0] in b"[{" else -1
        if depth > _DEPTH_MAX:
            return True
    return False


async def refuse_other_protocol(scope: AsgiMessage, send: Send) -> None:
    """Refuse whatever isn't HTTP, a WebSocket with a sentence.

    Raises:
        UsageError: the server wants to start or stop an application, which these don't.
    """
    if scope["type"] != "websocket":
        raise UsageError(f"these addresses speak HTTP, not {scope['type']}; set lifespan off")
    if "websocket.http.response" not in scope.get("extensions", {}):
        return await send({"type": "websocket.close", "reason": "only HTTP is spoken here"})
    body = json.dumps({"detail": "only HTTP is spoken here, no WebSocket"}).encode()
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": 400, "headers": headers})
    return await send({"type": "websocket.http.response.body", "body": body})


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
