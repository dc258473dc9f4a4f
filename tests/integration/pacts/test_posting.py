"""Pact's own requests over loopback: one connection, that is made anew when its end is seen."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from seatrial.pacts.posting import post


@contextmanager
def serving(*, close: bool = False, hang: bool = False) -> Iterator[tuple[str, list[int]]]:
    """An address that answers what it was sent, and the client's port of each request."""
    ports: list[int] = []
    release = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            ports.append(self.client_address[1])
            if hang:
                release.wait(30)
            self.send_response(422 if body == b"{}" else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = close

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/_pact/state?a=b", ports
    finally:
        release.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_requests_share_a_connection() -> None:
    with serving() as (url, ports):
        answers = [post(url, {"n": n}, 5.0) for n in range(3)]
    assert [answer.json() for answer in answers] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert len(set(ports)) == 1


def test_an_error_is_an_answer_like_any_other() -> None:
    with serving() as (url, _):
        assert post(url, {}, 5.0).status_code == 422


def test_a_connection_that_the_other_side_has_closed_is_made_anew() -> None:
    with serving(close=True) as (url, ports):
        assert [post(url, {"n": n}, 5.0).status_code for n in range(3)] == [200, 200, 200]
    assert len(set(ports)) == 3


def test_a_server_that_was_started_again_is_reached() -> None:
    for _ in range(2):
        with serving() as (url, _):
            assert post(url, {"n": 1}, 5.0).status_code == 200


def test_nobody_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(httpx.ConnectError, match="refused"):
            post(url, {"n": 1}, 5.0)


def test_an_answer_that_does_not_come_in_time_is_told_and_not_taken_later() -> None:
    with serving(hang=True) as (url, _), pytest.raises(httpx.ReadTimeout, match=r"within 0\.2 s"):
        post(url, {"n": 1}, 0.2)
    with serving() as (url, _):
        assert post(url, {"n": 2}, 5.0).json() == {"n": 2}


def test_what_is_no_http_is_told() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def say() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-hello\r\n\r\n")

        thread = threading.Thread(target=say)
        thread.start()
        with pytest.raises(httpx.ConnectError, match="SSH"):
            post(f"http://127.0.0.1:{listening.getsockname()[1]}/", {"n": 1}, 5.0)
        thread.join()


def test_json_travels_as_json() -> None:
    with serving() as (url, _):
        assert post(url, {"name": "Ada ✓"}, 5.0).content == json.dumps({"name": "Ada ✓"}).encode()
