"""Bodies that are too large: 413 through the gateway too, whether they are read or not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest

from seatrial.system import Session
from stubs.gateway.process import HOST, start_gateway
from tests.integration.stubs.reference import ROOT

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The gateway in front of the real user-service."""
    with Session() as session:
        user = session.start(
            "user-service",
            ["python", "-m", "stubs.user"],
            env={"DATABASE_URL": f"sqlite:///{session.dir}/users.sqlite"},
            cwd=ROOT,
        )
        service = user.wait_listening()["url"]
        addresses = {"USER_SERVICE_URL": service, "MARKETPLACE_SERVICE_URL": service}
        yield start_gateway(session, addresses).url


def post(url: str, size: int, *, chunked: bool) -> int:
    """Send a body of this size, reading meanwhile as browsers do; the answer's status."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port or 0), 30) as wire:
        length = "transfer-encoding: chunked" if chunked else f"content-length: {size}"
        wire.sendall(f"POST /api/users HTTP/1.1\r\nhost: {HOST}\r\n{length}\r\n\r\n".encode())

        def send() -> None:
            piece = b"x" * 65536
            with suppress(OSError):  # it may be answered before all of it was read
                for _ in range(size // len(piece)):
                    wire.sendall(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
                wire.sendall(b"0\r\n\r\n" if chunked else b"")

        sending = threading.Thread(target=send)
        sending.start()
        status = int(wire.recv(65536).split(b" ")[1])
        wire.close()
        sending.join()
    return status


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize(("size", "status"), [(MIB, 400), (2 * MIB, 413), (7 * MIB, 413)])
def test_the_service_refuses_what_it_can_read(
    url: str, size: int, status: int, chunked: bool
) -> None:
    assert [post(url, size, chunked=chunked) for _ in range(3)] == [status] * 3


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_the_gateway_refuses_what_is_larger_and_never_says_502(url: str, chunked: bool) -> None:
    assert {post(url, 20 * MIB, chunked=chunked) for _ in range(6)} == {413}


def test_what_is_made_is_found_where_the_answer_says(url: str) -> None:
    with httpx.Client(base_url=url, headers={"host": HOST}, trust_env=False) as client:
        made = client.post("/api/users", json={"email": "a@gateway", "role": "va"})
        assert made.status_code == 201
        assert made.headers["location"] == f"/api/users/{made.json()['id']}"
        assert client.get(made.headers["location"]).json() == made.json()
        assert client.get(f"{made.headers['location']}/card").status_code == 404


def test_a_service_that_is_away_is_a_502_at_once(free_port: int) -> None:
    down = f"http://127.0.0.1:{free_port}"
    with Session() as session:
        addresses = {"USER_SERVICE_URL": down, "MARKETPLACE_SERVICE_URL": down}
        url = start_gateway(session, addresses).url
        answer = httpx.get(f"{url}/api/jobs/1", headers={"host": HOST}, trust_env=False)
    assert answer.status_code == 502
