"""Bodies: which count as JSON, and how much of them is read."""

import json
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive, Scope, Send

from stubs.web.bodies import (
    DEEPEST_JSON,
    LARGEST_BODY,
    LARGEST_DRAINED,
    BodyLimitMiddleware,
    parse_json,
)
from stubs.web.problems import Problem


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "empty"),
        (b"{", "isn't JSON"),
        (b"nonsense", "isn't JSON"),
        (b'{"a": NaN}', "NaN isn't a JSON number"),
        (b'{"a": -Infinity}', "-Infinity isn't a JSON number"),
        (b'{"a": "\xff"}', "isn't UTF-8"),
        (b"\xef\xbb\xbf{}", "isn't JSON"),
        ('{"a": 1}'.encode("utf-16"), "isn't UTF-8"),
        (b"[" * 200_000, "deeper"),
        (b"[" * (DEEPEST_JSON + 1) + b"]" * (DEEPEST_JSON + 1), "deeper"),
    ],
)
def test_what_is_not_json_is_400_with_the_reason(raw: bytes, why: str) -> None:
    with pytest.raises(Problem, match=why) as caught:
        parse_json(raw)
    assert caught.value.status == 400


def test_the_deepest_nesting_is_read() -> None:
    raw = b"[" * DEEPEST_JSON + b"]" * DEEPEST_JSON
    assert json.dumps(parse_json(raw)).encode() == raw


def test_an_integer_too_long_for_python_is_no_integer_any_more() -> None:
    assert parse_json(b"1" * 999) == int("1" * 999)
    assert parse_json(b"1" * 100_000) == float("inf")


class Wire:
    """A request body in chunks, and the answer to it."""

    def __init__(self, chunks: Iterable[bytes], headers: list[tuple[bytes, bytes]]) -> None:
        self._chunks = list(chunks)
        self.scope: Scope = {"type": "http", "method": "POST", "headers": headers}
        self.seen: bytes | None = None
        self.read = 0
        self.answers: list[Message] = []

    async def receive(self) -> Message:
        """The next chunk."""
        chunk = self._chunks.pop(0)
        self.read += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(self._chunks)}

    async def send(self, message: Message) -> None:
        """Keep the answer."""
        self.answers.append(message)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep what the application sees."""
        self.seen = (await receive())["body"]

    async def run(self) -> int | None:
        """The status that the middleware itself answers, if any."""
        await BodyLimitMiddleware(self.app)(self.scope, self.receive, self.send)
        return self.answers[0]["status"] if self.answers else None


CHUNKED = [(b"transfer-encoding", b"chunked")]


async def test_the_largest_body_reaches_the_application_whole() -> None:
    half = b"x" * (LARGEST_BODY // 2)
    wire = Wire([half, half], CHUNKED)
    assert await wire.run() is None
    assert wire.seen == half * 2


async def test_one_byte_more_is_413_and_the_application_sees_nothing() -> None:
    wire = Wire([b"x" * LARGEST_BODY, b"x"], CHUNKED)
    assert await wire.run() == 413
    assert wire.seen is None


async def test_a_body_too_large_is_read_to_its_end_before_the_answer() -> None:
    chunk = b"x" * 1024 * 1024
    wire = Wire([chunk] * 7, [(b"content-length", b"7340032")])
    assert await wire.run() == 413
    assert wire.read == 7 * len(chunk)


async def test_no_more_than_8_mib_are_read_and_thrown_away() -> None:
    chunk = b"x" * 1024 * 1024
    wire = Wire([chunk] * 100, CHUNKED)
    assert await wire.run() == 413
    assert LARGEST_DRAINED < wire.read <= LARGEST_DRAINED + len(chunk)


async def test_a_request_without_body_is_passed_on_unread() -> None:
    wire = Wire([b"later"], [(b"content-length", b"0")])
    assert await wire.run() is None
    assert wire.seen == b"later"
