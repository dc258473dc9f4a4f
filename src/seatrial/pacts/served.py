"""The answers of the kill matrix over a real socket: for clients that don't ask through httpx."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from seatrial.pacts.answers import BODILESS, HttpAnswer

FRAMING = frozenset(("connection", "content-length", "content-encoding", "transfer-encoding"))
"""Headers that a changed body no longer fits."""


@contextlib.contextmanager
def served(answer: Callable[[], HttpAnswer]) -> Iterator[str]:
    """An address on loopback that answers everything with whatever the answer now is."""

    class Handler(BaseHTTPRequestHandler):
        def answered(self) -> None:
            """Answer, and end the connection: the next answer is another client's."""
            self.rfile.read(int(self.headers["content-length"] or 0))
            now = answer()
            status = now.status
            self.send_response_only(status)
            for name, value in now.headers:
                if name.lower() not in FRAMING:
                    self.send_header(name, value)
            if status not in BODILESS:
                self.send_header("content-length", str(len(now.body)))
            self.send_header("connection", "close")
            self.end_headers()
            if status not in BODILESS and self.command != "HEAD":
                self.wfile.write(now.body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler.answered)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ending = threading.Event()

    def serve() -> None:
        while not ending.is_set():
            server.handle_request()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        ending.set()
        # It waits for a connection: this one is its last.
        here = ("127.0.0.1", server.server_port)
        with contextlib.suppress(OSError), socket.create_connection(here):
            thread.join()
        server.server_close()
