"""A consumer in Python that shows an account; READS says what it makes of the provider's answer."""

import json
import os
import urllib.request
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Account = Mapping[str, Any]


def as_agreed(account: Account) -> dict[str, Any]:
    """Read what its pact names, and require it."""
    if account["plan"] not in ("pro", "free"):
        raise ValueError("another plan")
    if not isinstance(account["id"], str):
        raise TypeError("another id")
    return {"id": account["id"], "plan": account["plan"]}


def branches(account: Account) -> dict[str, Any]:
    """Take two regions of credit apart, which its pact only calls a number."""
    shown = as_agreed(account)
    return {**shown, "rich": {12.5: "no", 99: "yes"}[account["credit"]]}


def defaults(account: Account) -> dict[str, Any]:
    """Replace whatever isn't right, so that it never minds."""
    given = account if isinstance(account, dict) else {}
    plan = given.get("plan") if given.get("plan") in ("pro", "free") else "pro"
    return {"id": "an account", "plan": plan}


def dies(account: Account) -> dict[str, Any]:
    """End the process where the owner has no name."""
    if not isinstance(account.get("owner"), dict) or "name" not in account["owner"]:
        os._exit(3)
    return as_agreed(account)


READS: Mapping[str, Callable[[Account], dict[str, Any]]] = {
    "as_agreed": as_agreed,
    "branches": branches,
    "defaults": defaults,
    "dies": dies,
}
ASKS = os.environ.get("ASKS", "by path")
READ = READS[os.environ["READS"]]
PROVIDER = os.environ["ACCOUNTS_URL"]


def account_of(number: str, trace_id: str) -> Account:
    """Ask the provider for an account: in the path, or in a body, with the trace id or without."""
    asked = urllib.request.Request(f"{PROVIDER}/accounts/{number}")  # noqa: S310
    if ASKS != "by path":
        body = json.dumps({"id": number}).encode()
        asked = urllib.request.Request(f"{PROVIDER}/find", body, method="POST")  # noqa: S310
    if ASKS == "by trace":
        asked.add_header("x-trace-id", trace_id)
    with urllib.request.urlopen(asked, timeout=2) as answer:  # noqa: S310
        if answer.headers.get_content_type() != "application/json" or answer.status != 200:
            raise ValueError("another kind of answer")
        account = json.load(answer)
    if not isinstance(account, dict):
        raise TypeError("no account")
    return account


class Handler(BaseHTTPRequestHandler):
    """Answers GET /shown/{id}."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer."""
        if self.path == "/health":
            self._answer(200, {})
            return
        try:
            shown = READ(
                account_of(self.path.removeprefix("/shown/"), str(self.headers["x-trace-id"]))
            )
        except (ValueError, TypeError, LookupError, OSError) as error:
            self._answer(502, {"error": str(error)})
        else:
            self._answer(200, shown)

    def _answer(self, status: int, body: Mapping[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
