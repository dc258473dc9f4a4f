"""Messages that are rare and right, or nearly right, and go on as they should."""

import asyncio
import gzip
import json

import httpx
import pytest

from seatrial.tap import (
    Action,
    AnotherSchema,
    Body,
    BrokenJson,
    Drip,
    EmptyBody,
    HalfBody,
    JournalEntry,
    Rule,
)
from seatrial.tap.coding import decoded, encoded
from tests.integration.tap.rig import GET, OK, Wire, answering, rig

USER = {"id": "u-1", "name": "Ada"}
CHUNKED = b"transfer-encoding: chunked\r\n"


def answer(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """An answer with these header lines."""
    lines = "".join(f"{field}\r\n" for field in (*fields, f"content-length: {len(body)}"))
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


async def through(said: bytes, request: bytes = GET) -> tuple[bytes, bytes]:
    """Return what reaches the provider of a request, and the answer as the consumer sees it."""
    seen: list[bytes] = []

    async def script(wire: Wire) -> None:
        seen.append((await wire.message())[0])
        await wire.send(said)
        await wire.close()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(request)
        return seen[0] if seen else b"", await wire.rest()


async def under(
    action: Action, said: bytes, method: str = "GET"
) -> tuple[httpx.Response, JournalEntry]:
    """The answer to httpx while an action is in force, and the journal's entry."""
    async with rig(answering(said)) as r:
        r.tap.set_plan((Rule(do=action),))
        async with httpx.AsyncClient(trust_env=False) as client:
            response = await client.request(method, r.url)
        (entry,) = r.tap.journal.page().entries
        return response, entry


@pytest.mark.parametrize("status", [b"304 Not Modified", b"204 No Content"])
async def test_nothing_follows_an_answer_that_has_no_body(status: bytes) -> None:
    bodiless = b"HTTP/1.1 " + status + b"\r\n" + CHUNKED + b"\r\n"
    async with rig(answering(bodiless, OK)) as r, r.connect() as wire:
        await wire.send(GET)
        head = await wire.until(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 " + status)
        assert (CHUNKED in head) == status.startswith(b"304")
        await wire.send(GET)
        assert await wire.exactly(len(OK)) == OK


async def test_httpx_reads_the_answer_after_a_304_with_chunks() -> None:
    bodiless = b"HTTP/1.1 304 Not Modified\r\n" + CHUNKED + b"\r\n"
    async with rig(answering(bodiless, OK)) as r, httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(r.url)).status_code == 304
        assert (await client.get(r.url)).text == "ok"
        assert {entry.connection for entry in r.tap.journal.page().entries} == {1}


async def test_http_1_0_without_host_goes_on_with_the_providers() -> None:
    async with rig(answering(OK)) as r:
        seen: list[bytes] = []

        async def script(wire: Wire) -> None:
            seen.append((await wire.message())[0])
            await wire.send(OK)

        r.provider.script = script
        assert (await r.ask(b"GET / HTTP/1.0\r\n\r\n")).endswith(b"ok")
        host = str(r.tap.provider).removeprefix("http://").encode()
        assert seen == [b"GET / HTTP/1.1\r\nhost: " + host + b"\r\n\r\n"]


async def test_websocket_is_refused_in_a_sentence_and_h2c_is_declined() -> None:
    ask = b"GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: %s\r\n\r\n"
    async with rig() as r:
        refused = await r.ask(ask % b"WebSocket")
        assert refused.startswith(b"HTTP/1.1 501 ")
        assert (
            b"\r\nx-seatrial-tap: Upgrade: websocket; the tap passes on HTTP/1.1 alone" in refused
        )
        assert (await r.ask(ask % b"h2c")).endswith(b"ok")
        errors = [entry.error for entry in r.tap.journal.page().entries]
        assert [error is not None and "websocket" in error for error in errors] == [True, False]


async def test_coding_below_the_chunks_is_said() -> None:
    body = gzip.compress(b"text")
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n" + chunks
    _, got = await through(said)
    assert b"\r\ntransfer-encoding: gzip, chunked\r\n" in got
    assert got.endswith(chunks)
    _, got = await through(b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n" + body)
    assert b"\r\ntransfer-encoding: gzip\r\n" in got
    assert got.endswith(b"\r\n\r\n" + body)
    _, got = await through(said, b"GET / HTTP/1.0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 502 ")


async def test_an_action_takes_the_coding_below_the_chunks_off() -> None:
    body = gzip.compress(json.dumps(USER).encode())
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n" + chunks
    response, _ = await under(AnotherSchema(), said)
    assert response.json() == {"id": 3, "name": 3}


async def test_blanks_after_a_chunks_size_are_taken() -> None:
    said = b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"\r\n2 \r\nok\r\n0\r\n\r\n"
    assert (await through(said))[1].endswith(b"\r\n\r\n2\r\nok\r\n0\r\n\r\n")


async def test_nul_in_a_reason_phrase_is_left_out() -> None:
    _, got = await through(b"HTTP/1.1 200 O\x00K\x7f\r\ncontent-length: 0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("action", [AnotherSchema(), BrokenJson(), Drip(step_bytes=100)])
async def test_every_set_cookie_is_kept(action: Action) -> None:
    said = answer(json.dumps(USER).encode(), "set-cookie: a=1", "X-A: 1", "Set-Cookie: b=2")
    response, entry = await under(action, said)
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert entry.fault == action.kind


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
async def test_compressed_body_is_changed_and_compressed_again(coding: str) -> None:
    body = encoded(json.dumps(USER).encode(), coding)
    said = answer(body, "content-type: application/json", f"content-encoding: {coding}")
    response, entry = await under(AnotherSchema(), said)
    assert response.headers["content-encoding"] == coding
    assert response.json() == {"id": 3, "name": 3}
    assert entry.fault == "another_schema"
    response, entry = await under(BrokenJson(), said)
    assert response.text == json.dumps(USER)[: len(json.dumps(USER)) // 2]
    assert entry.fault == "broken_json"
    response, entry = await under(EmptyBody(), said)
    assert (response.content, "content-encoding" in response.headers) == (b"", False)
    assert entry.fault == "empty_body"
    assert decoded(body, coding) == json.dumps(USER).encode()


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"5", b'"text"', b"null", b"<user><id>1</id></user>", b"", b"\xff"]
)
async def test_answer_that_cannot_have_another_schema_counts_as_no_fault(body: bytes) -> None:
    response, entry = await under(AnotherSchema(), answer(body))
    assert response.content == body
    assert (entry.fault, entry.rule) == (None, None)
    assert entry.error == "another_schema: nothing in this answer could be changed"


async def test_answer_of_an_unknown_coding_counts_as_no_fault() -> None:
    async with rig(answering(answer(b"\x28\xb5", "content-encoding: zstd"))) as r:
        r.tap.set_plan((Rule(do=AnotherSchema()),))
        assert (await r.ask()).endswith(b"\r\n\r\n\x28\xb5")
        (entry,) = r.tap.journal.page().entries
    assert entry.fault is None


@pytest.mark.parametrize(
    "action", [Body(text="x"), BrokenJson(), EmptyBody(), HalfBody(), Drip(), AnotherSchema()]
)
@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_fault_of_a_body_is_none_where_there_is_no_body(action: Action, method: str) -> None:
    if isinstance(action, Body) and method == "GET":
        return
    said = answer(b"") if method == "HEAD" else b"HTTP/1.1 204 No Content\r\n\r\n"
    response, entry = await under(action, said, method)
    assert response.is_success
    assert entry.fault is None
    assert (entry.error or "").startswith(f"{action.kind}: ")


@pytest.mark.parametrize("begun", [b"GET /slow HTT", GET + b"GET / HTTP/1.1\r\nhost: h\r\nx"])
async def test_head_that_never_ends_is_given_up(begun: bytes) -> None:
    async with rig() as r:
        r.tap.head_timeout_s = 0.05
        async with r.connect() as wire:
            await wire.send(begun)
            got = await wire.rest()
        answers = got.removeprefix(OK) if begun.startswith(GET) else got
        assert answers.startswith(b"HTTP/1.1 408 ")
        assert b"a head that isn't complete after 0.05 s" in answers
        assert r.tap.journal.page().malformed == 1


async def test_only_a_heads_own_time_is_limited() -> None:
    async def script(wire: Wire) -> None:
        while True:
            await wire.message()
            await asyncio.sleep(0.2)
            await wire.send(OK)

    async with rig(script) as r, r.connect() as wire:
        r.tap.head_timeout_s = 0.1
        await wire.send(GET[:20])
        await asyncio.sleep(0.01)
        await wire.send(GET[20:])
        assert await wire.exactly(len(OK)) == OK
        await wire.send(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbo")
        await asyncio.sleep(0.15)
        await wire.send(b"dy")
        assert await wire.exactly(len(OK)) == OK
        await asyncio.sleep(0.15)
        await wire.send(GET)
        assert await wire.exactly(len(OK)) == OK


async def test_the_taps_own_answer_carries_its_sentence() -> None:
    _, got = await through(b"SSH-2.0-OpenSSH\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 502 ")
    assert b"\r\nx-seatrial-tap: the provider's answer isn't HTTP/1.1: " in got
