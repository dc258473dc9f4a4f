"""The two ends of a proxy in a test's own hands, and its API without a client library."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Self
from urllib.parse import urlsplit

PATIENCE_S = 15.0
"""The time for which a test waits for what must happen."""

Ending = Literal["fin", "reset"]


@dataclass(frozen=True)
class Answer:
    """A server's answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, str]:
        """The status and the message of an error."""
        return self.status, str(self.json["error"])


class Api:
    """Requests as they are written, each on a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.netloc = urlsplit(url).netloc

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Send a request; a body that isn't bytes goes as JSON."""
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(self.netloc, timeout=PATIENCE_S)
        try:
            connection.request(method, path, raw, headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        finally:
            connection.close()


class End:
    """One end of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(PATIENCE_S)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, data: bytes) -> float:
        """Send all; returns the moment before."""
        now = time.monotonic()
        self.sock.sendall(data)
        return now

    def read(self, size: int) -> bytes:
        """Read exactly N bytes, or fewer when the connection ends."""
        data = b""
        while len(data) < size and (part := self.sock.recv(min(size - len(data), 1 << 20))):
            data += part
        return data

    def rest(self) -> tuple[bytes, Ending]:
        """All that still comes, and how it ended."""
        data = b""
        try:
            while part := self.sock.recv(1 << 20):
                data += part
        except ConnectionResetError:
            return data, "reset"
        return data, "fin"

    def is_silent(self, for_s: float) -> bool:
        """Return True if nothing comes, no end either, for this long."""
        self.sock.settimeout(for_s)
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            return True
        except ConnectionResetError:
            return False
        finally:
            self.sock.settimeout(PATIENCE_S)
        return False

    def close(self) -> None:
        """Close it as a program would that is done."""
        self.sock.close()

    def end_sending(self) -> None:
        """Close one direction."""
        self.sock.shutdown(socket.SHUT_WR)


class Upstream:
    """A server whose connections the test accepts itself."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.settimeout(PATIENCE_S)
        self._stack = ExitStack()
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def accept(self) -> End:
        """The next connection."""
        return self._stack.enter_context(End(self._listener.accept()[0]))

    def is_idle(self, for_s: float) -> bool:
        """Return True if nobody connects for this long."""
        self._listener.settimeout(for_s)
        try:
            self.accept()
        except TimeoutError:
            return True
        finally:
            self._listener.settimeout(PATIENCE_S)
        return False

    def close(self) -> None:
        """Stop listening and close all."""
        self._stack.close()
        self._listener.close()


class Wire:
    """A proxy of a server between the test's own client and upstream."""

    def __init__(self, api: Api, name: str, upstream: Upstream, address: str) -> None:
        self.api = api
        self.name = name
        self.path = f"/proxies/{name}"
        self.upstream = upstream
        self.address = address
        self._stack = ExitStack()

    def client(self) -> End:
        """A new connection to the proxy."""
        host, _, port = self.address.rpartition(":")
        sock = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        return self._stack.enter_context(End(sock))

    def connect(self) -> tuple[End, End]:
        """A new connection and its other end, both proved to work."""
        client = self.client()
        return client, self.upstream.accept()

    def toxic(self, kind: str, stream: str = "downstream", **more: Any) -> Answer:
        """Add a toxic; what isn't its name or toxicity is an attribute."""
        body: dict[str, Any] = {"type": kind, "stream": stream}
        for key in ("name", "toxicity"):
            if key in more:
                body[key] = more.pop(key)
        answer = self.api("POST", f"{self.path}/toxics", {**body, "attributes": more})
        assert answer.status == 200, answer.body
        return answer

    def change(self, toxic: str, **attributes: Any) -> Answer:
        """Change a toxic's attributes."""
        answer = self.api("PATCH", f"{self.path}/toxics/{toxic}", {"attributes": attributes})
        assert answer.status == 200, answer.body
        return answer

    def remove(self, toxic: str) -> None:
        """Remove a toxic."""
        assert self.api("DELETE", f"{self.path}/toxics/{toxic}").status == 204

    def enable(self, enabled: bool) -> None:
        """Start or stop the proxy."""
        assert self.api("PATCH", self.path, {"enabled": enabled}).status == 200

    def close(self) -> None:
        """Close our connections and delete the proxy."""
        self._stack.close()
        self.api("DELETE", self.path)


@contextmanager
def wired(api: Api, name: str) -> Iterator[Wire]:
    """A fresh proxy with both of its ends."""
    upstream = Upstream()
    body = {"name": name, "listen": "127.0.0.1:0", "upstream": upstream.address}
    answer = api("POST", "/proxies", body)
    assert answer.status == 201, answer.body
    wire = Wire(api, name, upstream, answer.json["listen"])
    try:
        yield wire
    finally:
        wire.close()
        upstream.close()
