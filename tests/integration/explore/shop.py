# ruff: noqa: D101, D102, N818, BLE001
"""A shop of three services, with mistakes that only faults show. For tests of `seatrial explore`.

`python shop.py front|prices|payments`; DEFECTS names the mistakes that are in.
"""

import json
import os
import sys
import traceback
import urllib.error
import urllib.request
import uuid
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DEFECTS = os.environ.get("DEFECTS", "").split(",")
TIMEOUT_S = 1.0
charges: dict[str, str] = {}
orders: dict[str, object] = {}
KEPT = Path(os.environ.get("KEPT", os.devnull))
"""The orders, for the next life of the process."""


class Unavailable(Exception):
    """A provider that can't be used."""


class NotFound(Exception):
    """A provider that says that there is none."""


def ask(base: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> object:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310
        os.environ[base] + path, data, {"content-type": "application/json", **(headers or {})}
    )
    timeout = None if "waits-for-ever" in DEFECTS and base == "PRICES_URL" else TIMEOUT_S
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        if error.code == 404:
            raise NotFound from error
        if error.code == 403 and "raises-403" in DEFECTS:
            raise
        raise Unavailable from error
    except Exception as error:
        if "raises-half" in DEFECTS and not isinstance(error, OSError):
            raise
        raise Unavailable from error


def price(item: str) -> object:
    try:
        return ask("PRICES_URL", f"/prices/{item}")
    except Unavailable:
        if "dies" in DEFECTS:
            os._exit(3)
        if "fallback-fails" in DEFECTS:
            return ask("PRICES_URL", "/prices/default")
        return {"price": None}


def order(item: str) -> object:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"item": item}
    for _ in range(2):
        try:
            return ask("PAYMENTS_URL", "/charges", body, key)
        except Unavailable:
            if "new-key" in DEFECTS:
                key = {"Idempotency-Key": uuid.uuid4().hex}
    raise Unavailable


def remind(item: str) -> None:
    for _ in range(2):
        with suppress(Unavailable):
            ask("PAYMENTS_URL", "/reminders", {"item": item})
            return


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.serve(self.read)

    def do_POST(self) -> None:
        self.serve(self.write)

    def serve(self, code: object) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        try:
            status, answer = code(body)  # type: ignore[operator]
        except NotFound:
            status, answer = 404, {"title": "there is none"}
        except Unavailable:
            status, answer = 503, {"title": "not now"}
        except Exception as error:
            traceback.print_exc()
            status, answer = 500, {"title": repr(error)}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def read(self, _: object) -> tuple[int, object]:
        parts = self.path.strip("/").split("/")
        if parts[0] == "health":
            return 200, {"status": "ok"}
        if parts[0] == "prices":
            return 200, {"price": 5}
        if parts[0] == "items":
            return 200, {"id": parts[1], **price(parts[1])}  # type: ignore[dict-item]
        if parts[0] == "orders":
            kept = orders if "orders-in-memory" in DEFECTS else json.loads(KEPT.read_text())
            return (200, kept[parts[1]]) if parts[1] in kept else (404, {})
        if parts[0] == "charges":
            return 200, {"count": len(charges)}
        return 404, {}

    def write(self, body: dict[str, str]) -> tuple[int, object]:
        if self.path == "/orders":
            made = order(body["item"])
            if "reminds" in DEFECTS:
                remind(body["item"])
            orders[made["id"]] = made  # type: ignore[index]
            if "orders-in-memory" not in DEFECTS:
                KEPT.write_text(json.dumps(orders))
            return 201, made
        if self.path == "/reminders":
            return 201, {"status": "noted"}
        key = self.headers.get("Idempotency-Key") or uuid.uuid4().hex
        charges.setdefault(key, uuid.uuid4().hex)
        return 201, {"id": charges[key]}

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
    sys.exit(0)
