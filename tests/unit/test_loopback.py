"""One rule of who is on this machine, and one guard of all control ports."""

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import pytest

from seatrial.loopback import LoopbackGuard, is_loopback, names_loopback, refusal, web_page_refusal

HERE = (b"host", b"127.0.0.1:8474")


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]
)
def test_loopback_is_localhost_and_addresses_that_are_it_by_number(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "128.0.0.1",
     "::", "2130706433", "0x7f.1", "127.1", "127.0.0.1:80"],
)  # fmt: skip
def test_every_other_host_is_elsewhere(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [b"localhost", b"LocalHost:80", b"127.0.0.1", b"127.1.2.3:9", b"[::1]", b"[::1]:80",
     b"127.0.0.1:"],
)  # fmt: skip
def test_a_host_header_names_loopback_at_any_port(host: bytes) -> None:
    assert names_loopback(host)


@pytest.mark.parametrize(
    "host",
    [b"", b"::1", b"[127.0.0.1]", b"[::1", b"[::1]80", b"localhost:80:80", b"localhost:x",
     b"127.0.0.1:65536", b"127.0.0.1:+1", b"127.0.0.1@evil.example", b"127.0.0.1:80@evil.example",
     b"evil.example@127.0.0.1", b"127.0.0.1/evil", b"127.0.0.1 evil", b"127.0.0.1\n", b"[::]",
     "127.0.0.1:٨٠".encode(), b"\xff"],
)  # fmt: skip
def test_a_host_header_is_read_by_its_grammar(host: bytes) -> None:
    assert not names_loopback(host)


def test_a_program_on_this_machine_is_served() -> None:
    assert refusal([HERE, (b"accept", b"*/*"), (b"sec-fetch-site", b"none")]) is None


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ([], "one Host header, not 0"),
        ([HERE, HERE], "one Host header, not 2"),
        ([HERE, (b"host", b"evil.example")], "one Host header, not 2"),
        ([(b"host", b"evil.example")], "'evil.example' isn't served here"),
        ([HERE, (b"origin", b"http://127.0.0.1:8474")], "a web page's request"),
        ([HERE, (b"origin", b"null")], "a web page's request"),
        ([HERE, (b"sec-fetch-site", b"none"), (b"sec-fetch-site", b"cross-site")], "a web page's"),
    ],
)
def test_what_a_browser_may_have_sent_is_refused(
    headers: list[tuple[bytes, bytes]], sentence: str
) -> None:
    assert sentence in str(refusal(headers))


def test_a_web_page_is_known_without_the_host() -> None:
    assert web_page_refusal([(b"host", b"provider.test")]) is None
    assert web_page_refusal([(b"host", b"provider.test"), (b"origin", b"null")])


def _call(kind: str, headers: Iterable[tuple[bytes, bytes]]) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether the application behind the guard was asked, and what was sent."""
    asked, sent = [], []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["type"])

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(LoopbackGuard(app)({"type": kind, "headers": headers}, receive, send))
    return bool(asked), sent


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_guard_passes_on_what_may_be_served(kind: str) -> None:
    assert _call(kind, [HERE]) == (True, [])


def test_the_guard_leaves_a_lifespan_alone() -> None:
    assert _call("lifespan", []) == (True, [])


def test_a_refused_request_is_answered_with_a_sentence() -> None:
    asked, (start, body) = _call("http", [HERE, (b"origin", b"null")])
    assert (asked, start["status"]) == (False, 403)
    assert "web page" in json.loads(body["body"])["detail"]


def test_a_refused_websocket_is_closed_before_it_is_accepted() -> None:
    assert _call("websocket", [(b"host", b"evil.example")]) == (
        False,
        [{"type": "websocket.close"}],
    )
