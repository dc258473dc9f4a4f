"""Whatever comes, the tap says no in a sentence and lives on."""

import random

import pytest

from seatrial.tap.parsing import HEAD_BYTES
from tests.integration.tap.rig import GET, OK, Wire, rig

MORE = 6 * HEAD_BYTES
"""Over the limit also when what one read brings together with a finished part isn't counted."""

POST = b"POST / HTTP/1.1\r\nhost: h\r\n"

REFUSED = {
    "garbage": (400, b"\x00\xff\x16\x03\x01 not http at all\r\n\r\n"),
    "tls": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "http/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"),
    "length and chunks": (
        400,
        POST + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "chunks and length": (
        400,
        POST + b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
    ),
    "two lengths": (400, POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    "listed lengths": (400, POST + b"content-length: 1, 1\r\n\r\na"),
    "signed length": (400, POST + b"content-length: +1\r\n\r\na"),
    "negative length": (400, POST + b"content-length: -1\r\n\r\n"),
    "long length": (400, POST + b"content-length: " + b"9" * 40 + b"\r\n\r\n"),
    "spaced header": (400, POST + b"content-length : 1\r\n\r\na"),
    "folded header": (400, POST + b"transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    "hidden chunks": (501, POST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"),
    "chunks first": (400, POST + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    "chunks twice": (
        400,
        POST + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "coded chunks": (501, POST + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "old chunks": (400, b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    "bad chunk": (400, POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n"),
    "long chunk": (400, POST + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n"),
    "nul in value": (400, b"GET / HTTP/1.1\r\nhost: a\r\nx: \x00\r\n\r\n"),
    "bare cr": (400, b"GET / HTTP/1.1\r\nhost: a\r\nx: a\rb\r\n\r\n"),
    "connect": (501, b"CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n"),
    "long target": (431, b"GET /" + b"a" * (HEAD_BYTES + 1)),
    "long header": (431, b"GET / HTTP/1.1\r\nx: " + b"a" * (HEAD_BYTES + 1)),
    "many headers": (431, b"GET / HTTP/1.1\r\n" + b"x: a\r\n" * (HEAD_BYTES // 6 + 1)),
    "long trailer": (
        431,
        POST + b"transfer-encoding: chunked\r\n\r\n0\r\nx: " + b"a" * MORE,
    ),
    "long extension": (
        431,
        POST + b"transfer-encoding: chunked\r\n\r\n1;" + b"a" * MORE,
    ),
}


async def answer_whole(wire: Wire) -> None:
    """Answer what has no body, and wait for the end of what has one in chunks."""
    while True:
        head, _ = await wire.message()
        if b"chunked" in head:
            await wire.rest()
        await wire.send(OK)


@pytest.mark.parametrize(("status", "sent"), REFUSED.values(), ids=REFUSED.keys())
async def test_malformed_request_is_refused_and_ends_the_connection(
    status: int, sent: bytes
) -> None:
    async with rig(answer_whole) as r:
        async with r.connect() as wire:
            await wire.send(sent)
            answer = await wire.rest()
        assert answer.startswith(b"HTTP/1.1 %d " % status), answer
        assert b"connection: close" in answer
        assert r.tap.journal.page().malformed == 1
        assert (await r.ask()).endswith(b"ok")


async def test_request_hidden_behind_a_refused_one_is_never_served() -> None:
    served: list[bytes] = []

    async def script(wire: Wire) -> None:
        while True:
            served.append((await wire.message())[0])
            await wire.send(OK)

    hidden = b"GET /hidden HTTP/1.1\r\nhost: h\r\n\r\n"
    body = POST + b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    async with rig(script) as r, r.connect() as wire:
        await wire.send(body + hidden)
        await wire.rest()
    assert not any(b"/hidden" in head for head in served)


async def test_requests_before_a_malformed_one_are_answered_first() -> None:
    async with rig() as r, r.connect() as wire:
        await wire.send(GET + GET + b"\x00\r\n\r\n")
        answer = await wire.rest()
    assert answer.startswith(OK + OK + b"HTTP/1.1 400 ")


async def test_random_bytes_never_end_the_tap() -> None:
    dice = random.Random(7)
    alphabet = [b"GET", b"POST", b" ", b"/", b"HTTP/1.1", b"\r\n", b"\r\n\r\n", b"host: h", b":"]
    alphabet += [b"content-length: 5", b"transfer-encoding: chunked", b"\x00", b"\xff", b"5\r\n"]
    async with rig() as r:
        for _ in range(300):
            async with r.connect() as wire:
                await wire.send(b"".join(dice.choices(alphabet, k=dice.randint(1, 30))))
        assert (await r.ask()).endswith(b"ok")
        await r.idle()
