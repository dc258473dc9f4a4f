"""The services as processes: how they start, refuse to start, and stop."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from seatrial.system import Process, Session
from tests.integration.stubs.reference import ROOT


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def user_service(session: Session, **environment: str) -> Process:
    """user-service without Redis."""
    database = f"sqlite:///{session.dir}/users.sqlite"
    return session.start(
        "user-service",
        ["python", "-m", "stubs.user"],
        env={"DATABASE_URL": database, **environment},
        cwd=ROOT,
    )


def test_it_says_one_line_when_it_listens_and_ends_well_on_sigterm(session: Session) -> None:
    process = user_service(session, SERVICE_NAME="other-name")
    url = process.wait_listening()["url"]
    assert httpx.get(f"{url}/health/live", trust_env=False).status_code == 200
    process.stop()
    assert process.returncode == 0
    lines = [json.loads(line) for line in process.tail().splitlines()]
    assert [line["event"] for line in lines] == [
        "listening",
        "request_started",
        "request_finished",
        "stopped",
    ]
    assert lines[0]["traceId"] is None
    assert {line["service"] for line in lines} == {"other-name"}


def test_requests_in_flight_end_before_it_stops(session: Session) -> None:
    process = user_service(session)
    address = urlsplit(process.wait_listening()["url"])
    body = json.dumps({"email": "a@b", "role": "va"}).encode()
    with socket.create_connection((address.hostname, address.port or 0), 10) as wire:
        head = f"POST /users HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        wire.sendall(head.encode() + body[:5])
        while "request_started" not in process.tail():
            time.sleep(0.01)
        stopping = threading.Thread(target=process.stop)
        stopping.start()
        time.sleep(0.3)
        wire.sendall(body[5:])
        answer = wire.recv(65536)
        stopping.join()
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert process.returncode == 0


def test_what_cannot_work_is_one_sentence_and_exit_2(session: Session) -> None:
    user = user_service(session, DATABASE_URL="sqlite:////no/such/folder/users.sqlite")
    market = session.start(
        "marketplace",
        ["python", "-m", "stubs.marketplace"],
        env={"USER_CLIENT": "x", "DATABASE_URL": "sqlite:///x"},
        cwd=ROOT,
    )
    for process, start in (
        (user, "user-service: DATABASE_URL: "),
        (market, "marketplace-service: USER_CLIENT='x' "),
    ):
        assert process.wait(30) == 2, process.tail()
        said = process.tail()
        assert said.startswith(start)
        assert "\n" not in said, said


HOSTILE = [
    b"GET /users/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /users/%00%ff%ed%a0%80 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /users?ids=%ff%00 HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET " + b"/a" * 5000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET //users/../users/x HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET /users/x HTTP/1.1\r\nhost: x\r\nx-trace-id: \xff\r\n\r\n",
    b"GET /users/x HTTP/1.1\r\nhost: x\r\nx-request-deadline-ms: 9\xb2\r\n\r\n",
    b"GET * HTTP/1.1\r\nhost: x\r\n\r\n",
    b"GET http://other/users/x HTTP/1.1\r\nhost: x\r\n\r\n",
    b"POST /users HTTP/1.1\r\nhost: x\r\ncontent-length: nonsense\r\n\r\n",
    b"POST /users HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"BREW /users HTTP/1.1\r\nhost: x\r\n\r\n",
    b"nonsense\r\n\r\n",
]


def test_no_request_however_broken_is_a_5xx_and_none_stops_it(session: Session) -> None:
    url = user_service(session).wait_listening()["url"]
    address = urlsplit(url)
    for request in HOSTILE:
        with socket.create_connection((address.hostname, address.port or 0), 10) as wire:
            wire.sendall(request)
            status = wire.recv(65536).split(b" ")[1]
        assert status.startswith((b"2", b"4")), (request, status)
    with httpx.Client(trust_env=False) as http:
        for _ in range(5):  # on one connection: nothing of the body is taken for a request
            answer = http.post(f"{url}/users", content=b"x" * 7 * 1024 * 1024)
            assert answer.status_code == 413
        assert http.get(f"{url}/health").json()["status"] == "healthy"
