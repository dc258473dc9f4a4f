"""A provider in a process of its own: says on which life it is, and keeps to its port."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    """Answers every GET with its process id and 4 KB."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        said = {"pid": os.getpid(), "valkey": os.environ["VALKEY"], "filler": "x" * 4096}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Echo)
    server.daemon_threads = True
    url = f"http://127.0.0.1:{server.server_address[1]}"
    sys.stdout.write(json.dumps({"event": "listening", "data": {"url": url}}) + "\n")
    sys.stdout.flush()
    server.serve_forever()
