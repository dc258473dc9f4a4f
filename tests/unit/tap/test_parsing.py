"""Bytes to messages, however they are cut."""

import pytest

from seatrial.tap.message import Headers, IncomingRequest, IncomingResponse, Refused
from seatrial.tap.parsing import MalformedAnswer, RequestReader, ResponseReader
from seatrial.tap.stream import Pausable

STREAM = (
    b"POST /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
    b"PUT /c HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
    b"2\r\nde\r\n0\r\nx-t: 1\r\n\r\n"
    b"GET /d HTTP/1.0\r\n\r\n"
)
OFFERS = (
    b"POST /a HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: h2c\r\n"
    b"content-length: 3\r\n\r\nabc"
    b"GET /b HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
) * 3


def idle() -> None:
    """Nothing to pause."""


def read(data: bytes, step: int) -> list[IncomingRequest]:
    """Feed bytes in steps."""
    requests: list[IncomingRequest] = []
    reader = RequestReader(requests.append, Pausable(idle, idle))
    for start in range(0, len(data), step):
        reader.feed(data[start : start + step])
    return requests


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_requests_come_out_the_same_however_the_bytes_are_cut(step: int) -> None:
    post, put, get = read(STREAM, step)
    assert [r.method for r in (post, put, get)] == ["POST", "PUT", "GET"]
    assert [r.target for r in (post, put, get)] == [b"/a?b", b"/c", b"/d"]
    assert [r.body.take_whole() for r in (post, put, get)] == [b"abc", b"de", b""]
    assert [r.chunked for r in (post, put, get)] == [False, True, False]
    assert [(r.old, r.keep_alive) for r in (post, put, get)] == [(False, True)] * 2 + [
        (True, False)
    ]
    assert put.body.trailers == [(b"x-t", b"1")]


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_declined_upgrades_leave_the_requests_whole(step: int) -> None:
    requests = read(OFFERS, step)
    assert [r.target for r in requests] == [b"/a", b"/b"] * 3
    assert [r.body.take_whole() for r in requests] == [b"abc", b""] * 3
    assert all(b"upgrade" not in r.head(b"provider").lower() for r in requests)


def test_thousands_of_upgrades_in_one_read_are_no_depth() -> None:
    assert len(read(OFFERS * 1000, 10**9)) == 6000


def test_head_of_a_length_that_is_named_in_connection_keeps_it() -> None:
    (request,) = read(
        b"POST / HTTP/1.1\r\nhost: h\r\nconnection: content-length\r\ncontent-length: 1\r\n\r\na",
        999,
    )
    assert b"content-length: 1\r\n" in request.head(b"provider")


def test_refusal_in_a_body_fails_the_body() -> None:
    requests: list[IncomingRequest] = []
    reader = RequestReader(requests.append, Pausable(idle, idle))
    reader.feed(b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n")
    with pytest.raises(Refused, match="chunk"):
        reader.feed(b"zz\r\n")
    assert requests[0].body.take_whole() is None


class Answers:
    """Collects what a response reader makes."""

    def __init__(self) -> None:
        self.responses: list[IncomingResponse] = []
        self.informational: list[int] = []
        self.reader = ResponseReader(self.responses.append, self._inform, Pausable(idle, idle))

    def _inform(self, status: int, reason: bytes, headers: Headers) -> None:
        self.informational.append(status)


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_response_comes_out_the_same_however_the_bytes_are_cut(step: int) -> None:
    answers = Answers()
    answers.reader.expect("GET")
    data = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 418 I'm a Teapot\r\nContent-Length: 3\r\n\r\nabc"
    for start in range(0, len(data), step):
        answers.reader.feed(data[start : start + step])
    (response,) = answers.responses
    assert answers.informational == [100]
    assert (response.status, response.reason, response.length) == (418, b"I'm a Teapot", 3)
    assert response.body.take_whole() == b"abc"
    assert answers.reader.idle


def test_answer_to_head_has_no_body_whatever_it_says_and_the_next_is_read() -> None:
    answers = Answers()
    answers.reader.expect("HEAD")
    answers.reader.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
    answers.reader.expect("GET")
    answers.reader.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx")
    assert [response.body.take_whole() for response in answers.responses] == [b"", b"x"]


def test_body_without_a_length_ends_with_the_connection() -> None:
    answers = Answers()
    answers.reader.expect("GET")
    answers.reader.feed(b"HTTP/1.1 200 OK\r\n\r\nabc")
    (response,) = answers.responses
    assert not response.body.complete
    assert not response.keep_alive
    answers.reader.finish()
    assert response.body.take_whole() == b"abc"


def test_body_with_a_length_is_not_whole_when_the_connection_ends() -> None:
    answers = Answers()
    answers.reader.expect("GET")
    answers.reader.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabc")
    answers.reader.finish()
    assert not answers.responses[0].body.complete


@pytest.mark.parametrize("expected", [None, "GET"])
def test_answer_that_nobody_asked_for_is_refused(expected: str | None) -> None:
    answers = Answers()
    ok = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    if expected is not None:
        answers.reader.expect(expected)
        answers.reader.feed(ok)
    with pytest.raises(MalformedAnswer, match="nobody asked"):
        answers.reader.feed(ok)
