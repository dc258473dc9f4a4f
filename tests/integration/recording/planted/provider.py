"""A provider that answers about every account: more fields than any consumer's pact names."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers GET /accounts/{id}, and POST /find about the account in the body."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer."""
        self._answer(self.path.removeprefix("/accounts/"))

    def do_POST(self) -> None:
        """Answer about the account that the body names."""
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"])))["id"])

    def _answer(self, account: str) -> None:
        body = {
            "id": account,
            "plan": "pro",
            "owner": {"name": "Ada", "email": "ada@example.com"},
            "credit": 12.5,
            "tags": ["new", "beta"],
            "note": None,
        }
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("x-region", "eu")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
