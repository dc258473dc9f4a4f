"""Two ASGI applications with mistakes that only answers of other states show: front asks users."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

USERS_URL = os.environ.get("USERS_URL", "")
USERS = {"ada": {"id": "ada", "name": "Ada"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {"/users/{user}": {"get": {"responses": {"200": {}, "451": {}}}}},
}
Answered = tuple[int, Any]
Handler = Callable[[str, str, Any], Awaitable[Answered]]


async def card(user: str) -> Answered:
    async with httpx.AsyncClient(base_url=USERS_URL, trust_env=False) as client:
        try:
            answer = await client.get(f"/users/{user}")
            seen = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, ValueError):
            return 503, {"title": "not now"}
    if answer.status_code == 410:
        raise RuntimeError("nobody is ever gone")
    if not answer.is_success:
        return 503, {"title": "not now"}
    return 200, {"id": seen["id"], "shown": seen["name"].upper()}


async def wave() -> Answered:
    async with httpx.AsyncClient(base_url=USERS_URL, trust_env=False) as client:
        sent = (client.post("/greetings", json={"to": one}) for one in ("ada", "bob"))
        ada, bob = await asyncio.gather(*sent, return_exceptions=True)
    if isinstance(bob, BaseException) or not bob.is_success:
        raise RuntimeError("bob always takes greetings")
    good = not isinstance(ada, BaseException) and ada.is_success
    return (200, {"to": 2}) if good else (503, {"title": "not now"})


async def front_handler(method: str, path: str, _: Any) -> Answered:
    return await (wave() if method == "POST" else card(path.rpartition("/")[2]))


async def users_handler(method: str, path: str, body: Any) -> Answered:
    if path == "/openapi.json":
        return 200, DOCUMENT
    if method == "POST":
        return 200, {"greeted": body["to"]}
    found = USERS.get(path.rpartition("/")[2])
    return (200, found) if found else (404, {"title": "nobody"})


def application(handler: Handler) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        received = b""
        while (message := await receive())["type"] == "http.request":
            received += message["body"]
            if not message.get("more_body"):
                break
        try:
            body = json.loads(received or b"null")
            health = scope["path"] == "/health/live"
            status, answer = (
                (200, {}) if health else await handler(scope["method"], scope["path"], body)
            )
        except Exception as error:  # noqa: BLE001 - as a framework does
            status, answer = 500, {"title": repr(error)}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    return app


front, users = application(front_handler), application(users_handler)
