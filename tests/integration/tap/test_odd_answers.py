"""A provider's answers, right and wrong, put together at random: what the tap says is HTTP."""

import asyncio
import gzip
import random
from collections.abc import Sequence

import h11
import pytest

from seatrial.tap import AnotherSchema, BrokenJson, Drip, EmptyBody, Forward, HalfBody, Rule
from tests.integration.tap.rig import GET, OK, Wire, rig

ANSWERS = 250
CLOSING = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
CUT_OFF = (
    "Only Transfer-Encoding: chunked is supported",
    "peer closed connection without sending complete message body",
    "can't handle event type ConnectionClosed",
)
"""The words of h11 about an answer, or none, that was truncated on purpose, and about gzip."""
USER = b'{"id": "u-1", "name": "Ada"}'
STATUSES = (b"200 OK", b"204 No Content", b"304 Not Modified", b"103 Early Hints", b"404 ", b"200")
FIELDS = (
    b"transfer-encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"transfer-encoding: gzip",
    b"transfer-encoding: chunked, gzip",
    b"transfer-encoding: identity",
    b"transfer-encoding:",
    b"content-length: %d" % len(USER),
    b"content-length: 0",
    b"content-length: x",
    b"content-encoding: gzip",
    b"content-encoding: br, gzip",
    b"set-cookie: a=1",
    b"set-cookie: b=\xff",
    b"connection: close",
    b"connection: set-cookie",
    b"upgrade: websocket",
    b"trailer: x",
)
BODIES = (
    USER,
    b"",
    gzip.compress(USER, mtime=0),
    b"%x \r\n%s\r\n0\r\n\r\n" % (len(USER), USER),
    b"%x;a=b\r\n%s\r\n0\r\nx: 1\r\n\r\n" % (len(USER), USER),
    b"0\r\n\r\n",
    b"zz\r\n",
    OK,
)
ACTIONS = (
    Forward(),
    AnotherSchema(),
    BrokenJson(),
    EmptyBody(),
    HalfBody(),
    Drip(step_bytes=50, interval_s=0.001),
)


def answer(dice: random.Random) -> bytes:
    """One answer."""
    fields: Sequence[bytes] = dice.sample(FIELDS, dice.randint(0, 4))
    head = b"HTTP/1.1 " + dice.choice(STATUSES) + b"\r\n"
    return head + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + dice.choice(BODIES)


def understood(method: bytes, got: bytes) -> bool:
    """Return True if h11 reads it as answers to one request, the last perhaps cut off."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("host", "h")]))
    client.send(h11.EndOfMessage())
    client.receive_data(got)
    client.receive_data(b"")
    try:
        while (event := client.next_event()) is not h11.PAUSED:
            if isinstance(event, h11.EndOfMessage):
                return not client.trailing_data[0]
    except h11.RemoteProtocolError as error:
        return any(said in str(error) for said in CUT_OFF)
    return True


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
async def test_no_answer_ends_the_tap_or_makes_it_wait(method: bytes) -> None:
    dice = random.Random(11)
    said = answer(dice)

    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(said)
        await asyncio.sleep(0.002)

    async with rig(script) as r:
        for _ in range(ANSWERS):
            said = answer(dice)
            r.tap.set_plan((Rule(do=dice.choice(ACTIONS)),))
            async with r.connect() as wire:
                await wire.send(method + CLOSING[3:])
                try:
                    got = await wire.rest()
                except ConnectionResetError:
                    continue
                assert understood(method, got), (said, got)
        await r.idle()
        entries = r.tap.journal.page().entries
        assert len(entries) == ANSWERS
        assert all(entry.ended_s is not None for entry in entries)
