"""A consumer behind a token that is called with a body and asks two providers, and these.

`python shop.py shop|users|prices`. The shop asks users twice if it must, 0.1 s apart; prices once.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

TOKEN = "Bearer let-me-in"
ATTEMPTS, WAIT_S, TIMEOUT_S = 2, 0.1, 0.6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def body(self) -> dict[str, str]:
        read: dict[str, str] = json.loads(
            self.rfile.read(int(self.headers["content-length"] or 0)) or b"{}"
        )
        return read

    def refused(self) -> bool:
        if self.headers["authorization"] == TOKEN:
            return False
        self.answer(401, {"error": "who are you?"})
        return True

    def log_message(self, *_: object) -> None:
        pass


class _Shop(_Handler):
    def do_POST(self) -> None:
        order = self.body()
        if self.refused():
            return
        try:
            user = asked(f"{os.environ['USERS_URL']}/users/{order['userId']}", ATTEMPTS)
            price = asked(f"{os.environ['PRICES_URL']}/prices/{order['item']}", 1)
        except (OSError, ValueError):
            self.answer(503, {"error": "try again later"})
        else:
            self.answer(201, {"buyer": user, **price})


class _Users(_Handler):
    """Knows those who were made, by a caller with a token."""

    made: dict[str, dict[str, str]] = {}  # noqa: RUF012 - one process, one provider

    def do_POST(self) -> None:
        user = self.body()
        if not self.refused():
            key = str(uuid4())
            self.made[key] = {"id": key, **user}
            self.answer(201, self.made[key])

    def do_GET(self) -> None:
        user = self.made.get(self.path.rpartition("/")[2])
        self.answer(200 if user else 404, user or {})


class _Prices(_Handler):
    def do_GET(self) -> None:
        self.answer(200, {"price": 12})


def asked(url: str, attempts: int) -> dict[str, str]:
    for attempt in range(1, attempts + 1):
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310
                found: dict[str, str] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            if error.code < 500 or attempt == attempts:
                raise
        except (OSError, ValueError):
            if attempt == attempts:
                raise
        time.sleep(WAIT_S)
    raise AssertionError


ThreadingHTTPServer.request_queue_size = 100
kind = {"shop": _Shop, "users": _Users, "prices": _Prices}[sys.argv[1]]
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), kind).serve_forever()
