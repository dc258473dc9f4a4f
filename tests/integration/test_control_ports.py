"""Every control port serves programs on this machine and no web page, by the same rule."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import uvicorn

from contracts import PACTS
from seatrial.faults.select import start_embedded
from seatrial.loopback import LoopbackGuard
from seatrial.system import Session
from seatrial.tap import start_tap

Address = tuple[str, int, str]
"""Host, port, and the path of something that can be read."""
STATES = PACTS / "marketplace-service-user-service.json"


def _address(url: str, path: str = "") -> Address:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0, path or parts.path


def _engine(session: Session) -> Address:
    return _address(start_embedded(session).url, "/proxies")


def _tap(session: Session) -> Address:
    return _address(start_tap(session, "http://127.0.0.1:1").control_url, "/plan")


def _stub(session: Session) -> Address:
    command = ["python", "-m", "seatrial.pacts.stub", "--pact", str(STATES)]
    return _address(str(session.start("stub", command).wait_listening()["statesUrl"]))


@contextmanager
def _uvicorn(http: Literal["h11", "httptools"]) -> Iterator[Address]:
    """The guard alone, behind one of uvicorn's two parsers."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(LoopbackGuard(app), lifespan="off", log_config=None, http=http)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield (*listener.getsockname(), "/")
        server.should_exit = True
        thread.join()


PROCESSES: dict[str, Callable[[Session], Address]] = {
    "engine": _engine,
    "tap": _tap,
    "stub": _stub,
}


@pytest.fixture(scope="module", params=[*PROCESSES, "h11", "httptools"])
def port(request: pytest.FixtureRequest) -> Iterator[Address]:
    """A control port of each kind."""
    with ExitStack() as stack:
        if request.param in PROCESSES:
            yield PROCESSES[request.param](stack.enter_context(Session()))
        else:
            yield stack.enter_context(_uvicorn(request.param))


def _status(address: Address, *lines: str) -> int:
    """Return the answer to a GET with exactly these header lines."""
    host, number, path = address
    head = "".join(f"{line}\r\n" for line in (f"GET {path} HTTP/1.1", *lines, "Connection: close"))
    with socket.create_connection((host, number), timeout=10) as sock:
        sock.sendall(f"{head}\r\n".encode("latin-1"))
        return int(sock.recv(4096).split()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "[::1]:80"])
def test_programs_on_this_machine_are_served(port: Address, host: str) -> None:
    assert _status(port, f"Host: {host}") == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.nip.io", "127.0.0.1:80@evil.example", "evil.example@127.0.0.1", ""],
)
def test_another_host_is_refused(port: Address, host: str) -> None:
    assert _status(port, f"Host: {host}") in (400, 403)


def test_two_hosts_are_refused(port: Address) -> None:
    assert _status(port, "Host: 127.0.0.1", "Host: evil.example") in (400, 403)
    assert _status(port, "Host: evil.example", "Host: 127.0.0.1") in (400, 403)


@pytest.mark.parametrize(
    "said", ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: same-site"]
)
def test_web_pages_are_refused(port: Address, said: str) -> None:
    assert _status(port, "Host: 127.0.0.1", said) == 403


def test_web_sockets_of_pages_are_refused(port: Address) -> None:
    upgrade = (
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Origin: https://evil.example",
    )
    assert _status(port, "Host: 127.0.0.1", *upgrade) == 403
