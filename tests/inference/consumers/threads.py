"""A consumer in threads: requests, with its timeout of each read, and a few dozen lines around."""

import json
import os
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from tests.inference.consumers.policies import MISSING, Failed, Open, Refused
from tests.inference.numbers import Numbers


class Tokens:
    """A bucket that every retry of the process takes from."""

    def __init__(self, most: int, per_s: float) -> None:
        """Begin full."""
        self._most, self._per_s = most, per_s
        self._left, self._since_s = float(most), time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take one; False where there is none."""
        with self._lock:
            now_s = time.monotonic()
            self._left = min(self._most, self._left + (now_s - self._since_s) * self._per_s)
            self._since_s = now_s
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Client:
    """Asks the provider for things: waits grow by a sum, answers are kept under a key."""

    def __init__(self, url: str, numbers: Numbers) -> None:
        """Take where the provider is, and the numbers."""
        self._url, self._numbers = url, numbers
        self._local = threading.local()
        self._tokens = None
        if numbers.tokens is not None:
            self._tokens = Tokens(numbers.tokens, numbers.tokens_per_s)
        self._kept: dict[str, tuple[Any, float]] = {}

    def thing(self, name: str, trace: str) -> Any:
        """Return the thing, or `MISSING`."""
        key = "thing" if self._numbers.shared_key else name
        value, since_s = self._kept.get(key, (None, 0.0))
        ttl_s = self._numbers.missing_ttl_s if value is MISSING else self._numbers.ttl_s or 0.0
        if value is not None and time.monotonic() - since_s < ttl_s:
            return value
        value = self._repeated(lambda: self._attempt(name, trace))
        self._kept[key] = (value, time.monotonic())
        return value

    def _repeated(self, work: Callable[[], Any]) -> Any:
        for number in range(1, self._numbers.attempts + 1):
            try:
                return work()
            except Failed:
                if number == self._numbers.attempts or (self._tokens and not self._tokens.take()):
                    raise
                time.sleep(self._numbers.backoff_s * number)
        raise AssertionError

    def _attempt(self, name: str, trace: str) -> Any:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        try:
            answer = self._local.session.get(
                f"{self._url}/things/{name}",
                headers={"x-trace-id": trace},
                timeout=self._numbers.attempt_timeout_s,
            )
        except requests.RequestException as error:
            raise Failed(type(error).__name__) from error
        if answer.status_code in self._numbers.statuses:
            raise Failed(str(answer.status_code))
        if answer.status_code == requests.codes.not_found:
            return MISSING
        if not answer.ok:
            raise Refused(str(answer.status_code))
        try:
            value = answer.json()
            value["id"]
        except (ValueError, KeyError, TypeError):
            raise (Failed if self._numbers.bad_answers else Refused)("no thing") from None
        return value


class Handler(BaseHTTPRequestHandler):
    """Answers callers."""

    protocol_version = "HTTP/1.1"
    client: Client

    def do_GET(self) -> None:
        """Answer about a thing."""
        kind, _, name = self.path.strip("/").partition("/")
        if kind == "health":
            self._answer(200, {})
            return
        try:
            value = self.client.thing(name, self.headers.get("x-trace-id", ""))
        except (Failed, Open) as error:
            self._answer(503, {"why": str(error)})
        except Refused as error:
            self._answer(400, {"why": str(error)})
        else:
            self._answer(*((404, {}) if value is MISSING else (200, {"thing": value})))

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parent's name
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """With room for a burst of connections."""

    request_queue_size = 512
    daemon_threads = True


if __name__ == "__main__":
    Handler.client = Client(os.environ["THINGS_URL"], Numbers.from_env())
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    print(json.dumps({"event": "listening", "data": {"url": url}}), flush=True)  # noqa: T201
    server.serve_forever()
