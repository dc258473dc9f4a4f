"""The real Traefik with our routes, in front of two services that write down what reaches them."""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from seatrial.system import Session
from stubs.gateway.process import start_gateway


@dataclass
class Answer:
    """An answer off the wire."""

    status: int
    body: bytes


@dataclass
class Gateway:
    """Where Traefik listens, and what got through it: `service target`, in order."""

    url: str
    reached: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def send(self, request: bytes) -> Answer:
        """Send these bytes and read the answer until its end."""
        address = urlsplit(self.url)
        with socket.create_connection((address.hostname, address.port or 0), 10) as wire:
            wire.settimeout(10)
            wire.sendall(request)
            answer = b""
            while part := wire.recv(65536):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        return Answer(int(head.split(b" ")[1]), body)

    def get(self, target: str, host: str = "api.blytz.work", *, headers: str = "") -> Answer:
        """GET a target, as it stands."""
        head = f"GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\r\n"
        return self.send(head.encode("latin-1"))


def _recorder(name: str, gateway: Gateway) -> http.server.ThreadingHTTPServer:
    class Recorder(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            gateway.reached.append(f"{name} {self.path}")
            gateway.headers.append({key.lower(): value for key, value in self.headers.items()})
            body = json.dumps({"service": name}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)


@pytest.fixture(scope="session")
def running() -> Iterator[Gateway]:
    """One Traefik for all tests of the folder."""
    gateway = Gateway("")
    servers = [_recorder(name, gateway) for name in ("user", "marketplace")]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    urls = [f"http://127.0.0.1:{server.server_address[1]}" for server in servers]
    with Session() as session:
        addresses = dict(zip(("USER_SERVICE_URL", "MARKETPLACE_SERVICE_URL"), urls, strict=True))
        gateway.url = start_gateway(session, addresses).url
        yield gateway
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def gateway(running: Gateway) -> Gateway:
    """The gateway, before anything got through it."""
    running.reached.clear()
    running.headers.clear()
    return running
