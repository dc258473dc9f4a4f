"""A consumer and a provider, as small as they can be."""

import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from seatrial.pacts.cases import Case, Pair, Request, Response


class UserClient:
    """The consumer's real client, as far as these tests go."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def name_of(self, user_id: str, header: str = "") -> str | None:
        """The user's name; None when there is no such user."""
        answer = await self.http.get(f"/users/{user_id}", headers={"x-a": header} if header else {})
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        name = answer.json()["name"]
        return None if name is None else str(name)


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[UserClient]:
    """Open the client."""
    async with httpx.AsyncClient(base_url=base_url, timeout=5) as http:
        yield UserClient(http)


PAIR = Pair("web", "user-service", connect)


def case(description: str = "get a user", **changes: Any) -> Case[UserClient]:
    """A case that passes, but for what is changed."""
    fields: dict[str, Any] = {
        "request": Request("GET", "/users/u1"),
        "response": Response(200, {"name": "Ada"}),
        "call": lambda client: client.name_of("u1"),
        "expect": "Ada",
        **changes,
    }
    return Case(pair=PAIR, description=description, **fields)


@dataclass
class Answering:
    """A provider in this process: answers by path, remembers what it was asked."""

    answers: Mapping[str, tuple[int, Any]]
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(provider: Answering) -> Iterator[Answering]:
    """Serve within the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            provider.asked.append(("GET", self.path, None))
            self._answer(*provider.answers.get(self.path, (404, {"title": "Not Found"})))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            provider.asked.append(("POST", self.path, body))
            self._answer(*provider.answers.get(body.get("state"), (200, {})))

        def _answer(self, status: int, body: object) -> None:
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(payload)))
            for name, value in {"content-type": "application/json", **provider.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_arguments: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        provider.url = f"http://127.0.0.1:{server.server_port}"
        yield provider
        server.shutdown()
        thread.join()
