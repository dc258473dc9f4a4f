"""A provider of customers, which are made; no two answers are alike, and there are secrets."""

import itertools
import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NUMBERS = itertools.count(1)
CUSTOMERS: dict[str, dict[str, Any]] = {}


def made(role: str) -> dict[str, Any]:
    """Make a customer."""
    number = next(NUMBERS)
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number, seconds=number)
    return {
        "id": str(uuid.uuid4()),
        "role": role or ("va", "company")[number % 2],
        "name": f"Customer {number}",
        "contact": {"email": f"customer{number}@shop.example", "phone": "+49 30 1"},
        "createdAt": created.isoformat().replace("+00:00", "Z"),
        "orders": [
            {
                "number": number * 10 + place,
                "cents": 100 * number + place,
                "card": "4242424242424242",
            }
            for place in range(2)
        ],
        "apiToken": f"tok-{number}-very-secret",
        "visits": number,
    }


class Handler(BaseHTTPRequestHandler):
    """Makes customers, and answers about them to whoever has the token."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Make one."""
        given = json.loads(self.rfile.read(int(self.headers["content-length"] or 0)) or b"{}")
        customer = made(given.get("role", ""))
        CUSTOMERS[customer["id"]] = customer
        self._answer(201, customer)

    def do_GET(self) -> None:
        """Answer about one."""
        name = self.path.partition("?")[0].removeprefix("/v1/customers/")
        if self.headers["authorization"] != "Bearer very-secret":
            self._answer(401, {"error": "who are you?"})
        elif name in CUSTOMERS:
            self._answer(200, CUSTOMERS[name])
        else:
            self._answer(404, {"error": f"no customer {name}"})

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json; charset=utf-8")
        self.send_header("set-cookie", "session=very-secret")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
