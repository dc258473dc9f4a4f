"""Providers that are away, slow, or answer nonsense: one clear sentence each."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from seatrial.pacts.failures import ContractBroken, NoAnswer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.providers import Providers
from seatrial.pacts.verification import Provider, verify_interaction

WANTED = Interaction(
    "web",
    "user-service",
    {
        "description": "get a user",
        "type": "Synchronous/HTTP",
        "request": {"method": "GET", "path": "/users/u1"},
        "response": {
            "status": 200,
            "body": {
                "content": {"name": "Ada"},
                "contentType": "application/json",
                "encoded": False,
            },
        },
    },
)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
BROKE_OFF = "its answer broke off, or is not encoded as its headers say"
Raw = Callable[[bytes, str], str]


@pytest.fixture
def raw() -> Iterator[Raw]:
    """Providers that answer these bytes, and then close, reset or keep the connection."""
    with ExitStack() as stack:

        def start(answer: bytes, then: str) -> str:
            listener = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
            thread = threading.Thread(target=_answer, args=(listener, answer, then), daemon=True)
            thread.start()
            stack.callback(listener.shutdown, socket.SHUT_RDWR)
            return f"http://127.0.0.1:{listener.getsockname()[1]}"

        yield start


def _answer(listener: socket.socket, answer: bytes, then: str) -> None:
    kept = []
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        if not connection.recv(65536):  # nobody asks, who only looks whether it listens
            connection.close()
            continue
        connection.sendall(answer)
        if then == "keep":
            kept.append(connection)
            continue
        if then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    for connection in kept:
        connection.close()


def said(url: str, timeout_s: float = 5.0) -> ContractBroken:
    """Return how it fails."""
    with pytest.raises(ContractBroken) as raised:
        verify_interaction(WANTED, Provider("user-service", url, timeout_s=timeout_s))
    assert "\n" not in raised.value.explanation
    return raised.value


@pytest.mark.parametrize(
    ("answer", "then", "sentence"),
    [
        (b"", "close", "gave back nothing that is an HTTP answer"),
        (b"", "reset", "gave back nothing that is an HTTP answer"),
        (b"\x00\xffhello\r\n\r\n", "close", "gave back nothing that is an HTTP answer"),
        (HEAD[:20], "close", "gave back nothing that is an HTTP answer"),
        (HEAD + b'content-length: 99\r\n\r\n{"na', "close", BROKE_OFF),
        (HEAD + b'transfer-encoding: chunked\r\n\r\n5\r\n{"nam\r\n', "close", BROKE_OFF),
        (
            HEAD + b"content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
            "close",
            "not encoded as",
        ),
        (b"", "keep", "it had not answered whole after 0.5 s"),
        (HEAD + b'content-length: 99\r\n\r\n{"na', "keep", "it had not answered whole after 0.5 s"),
    ],
)
def test_a_provider_that_gives_no_whole_answer_is_told_how(
    raw: Raw, answer: bytes, then: str, sentence: str
) -> None:
    failure = said(raw(answer, then), timeout_s=0.5 if then == "keep" else 5.0)
    assert isinstance(failure, NoAnswer)
    assert "gave no answer to 'web → user-service: get a user': " in failure.explanation
    assert sentence in failure.explanation


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:9", "nothing listens there; start it, or fix the address"),
        ("http://no.such.host.invalid", "there isn't a host no.such.host.invalid; fix the address"),
    ],
)
def test_a_provider_that_is_away_is_told_with_the_mend(url: str, sentence: str) -> None:
    assert said(url).explanation.endswith(sentence)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>", "was 'text/html'"),
        (HEAD + b'content-length: 5\r\n\r\n{"na:', "$: Failed to parse the actual body"),
        (HEAD + b"content-length: 0\r\n\r\n", "Expected body"),
        (b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", "expected 200 but was"),
    ],
)
def test_an_answer_that_is_nonsense_breaks_the_contract(
    raw: Raw, answer: bytes, sentence: str
) -> None:
    failure = said(raw(answer, "close"))
    assert not isinstance(failure, NoAnswer)
    assert sentence in failure.explanation


def test_a_provider_that_never_answers_is_not_waited_for_again_and_again(raw: Raw) -> None:
    urls = {"user-service": raw(b"", "close")}
    with Providers(urls=urls, states_urls={}, commands={}) as providers:
        for _ in range(3):
            with pytest.raises(NoAnswer, match="gave no answer"):
                providers.verify(WANTED)
        with pytest.raises(NoAnswer, match=r"was not asked .* no answer 3 times in a row"):
            providers.verify(WANTED)


def test_a_provider_that_answered_in_between_is_asked_on() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    answers = iter([b"", b"", HEAD + b"content-length: 2\r\n\r\n{}", b"", b"", b""])

    def serve() -> None:
        with closing(listener):
            for answer in answers:
                request = b""
                while not request:  # nobody asks, who only looks whether it listens
                    connection, _ = listener.accept()
                    with closing(connection):
                        request = connection.recv(65536)
                        connection.sendall(answer if request else b"")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    urls = {"user-service": f"http://127.0.0.1:{listener.getsockname()[1]}"}
    told = []
    with Providers(urls=urls, states_urls={}, commands={}) as providers:
        for _ in range(6):
            with pytest.raises(ContractBroken) as raised:
                providers.verify(WANTED)
            told.append(type(raised.value).__name__)
    assert told == ["NoAnswer", "NoAnswer", "ContractBroken", "NoAnswer", "NoAnswer", "NoAnswer"]
    thread.join(5)
