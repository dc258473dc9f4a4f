"""A break on one side is the same break on the other, and never a made-up answer."""

import asyncio
import socket
from contextlib import suppress

import pytest

from seatrial.tap.parsing import HEAD_BYTES
from tests.integration.tap.rig import (
    GET,
    OK,
    PATIENCE_S,
    Provider,
    Wire,
    answer_ok,
    answering,
    rig,
    tap_before,
)

HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"


async def test_provider_that_closes_in_its_body_ends_the_consumers_in_order() -> None:
    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(HALF)

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        assert await wire.rest() == HALF
        (entry,) = r.tap.journal.page().entries
    assert (entry.status, entry.answered_s, entry.error) == (200, None, "provider closed")


async def test_provider_that_resets_in_its_body_resets_the_consumer() -> None:
    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(HALF)
        await asyncio.sleep(0.01)
        wire.reset()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        assert await wire.exactly(len(HALF)) == HALF
        with pytest.raises(ConnectionResetError):
            await wire.rest()
        (entry,) = r.tap.journal.page().entries
    assert entry.error == "provider reset the connection"


async def test_provider_that_breaks_a_chunked_body_leaves_it_unfinished() -> None:
    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        assert (await wire.rest()).endswith(b"\r\n\r\n3\r\nabc\r\n")


async def test_provider_that_closes_without_an_answer_is_shown_as_that() -> None:
    async def script(wire: Wire) -> None:
        await wire.message()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        assert await wire.rest() == b""
        (entry,) = r.tap.journal.page().entries
    assert (entry.status, entry.error) == (None, "provider closed")


async def test_provider_that_resets_without_an_answer_is_shown_as_that() -> None:
    async def script(wire: Wire) -> None:
        await wire.message()
        wire.reset()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        with pytest.raises(ConnectionResetError):
            await wire.rest()


async def test_provider_that_refuses_becomes_a_marked_502() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        async with tap_before(taken.getsockname()[1], Provider(answer_ok)) as r:
            answer = await r.ask()
            (entry,) = r.tap.journal.page().entries
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"x-seatrial-tap: no connection to http://127.0.0.1:" in answer
    assert (entry.status, entry.provider_status, entry.fault) == (502, None, None)
    assert "refused" in (entry.error or "")


@pytest.mark.parametrize(
    "garbage",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nx: " + b"a" * (HEAD_BYTES + 1),
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    ],
)
async def test_provider_that_speaks_no_http_becomes_a_marked_502(garbage: bytes) -> None:
    async with rig(answering(garbage)) as r:
        answer = await r.ask()
        (entry,) = r.tap.journal.page().entries
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert entry.error


async def test_provider_that_turns_to_garbage_in_its_body_ends_the_consumers() -> None:
    said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"

    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(said)
        await asyncio.sleep(0.01)
        await wire.send(b"no chunk\r\n")
        await wire.rest()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        assert await wire.rest() == said
        (entry,) = r.tap.journal.page().entries
    assert (entry.status, entry.answered_s) == (200, None)
    assert "isn't HTTP/1.1" in (entry.error or "")


async def test_second_answer_that_nobody_asked_for_reaches_nobody() -> None:
    async with rig(answering(OK + OK.replace(b"ok", b"no"))) as r, r.connect() as wire:
        await wire.send(GET)
        assert await wire.rest() == OK


async def test_consumer_that_goes_away_is_noted_and_the_provider_sees_it() -> None:
    gone = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.message()
        assert await wire.rest() == b""
        gone.set()

    async with rig(script) as r:
        async with r.connect() as wire:
            await wire.send(GET)
            await r.provider.connected.wait()
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        (entry,) = r.tap.journal.page().entries
    assert entry.aborted_s is not None
    assert entry.aborted_s >= entry.arrived_s
    assert (entry.status, entry.answered_s) == (None, None)


async def test_consumer_that_resets_is_noted() -> None:
    async def script(wire: Wire) -> None:
        await wire.rest()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        await r.provider.connected.wait()
        wire.reset()
        await r.idle()
        assert r.tap.journal.page().entries[0].aborted


async def test_consumer_that_does_not_read_stops_the_provider() -> None:
    sent = 0

    async def script(wire: Wire) -> None:
        nonlocal sent
        await wire.message()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % 2**30)
        while True:
            await wire.send(bytes(2**16))
            sent += 2**16

    async with rig(script) as r, r.connect(limit=2**10) as wire:
        await wire.send(GET)
        await wire.until(b"\r\n\r\n")
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.1)
        # Socket buffers of the system and bounded ones of the tap; far from the promised gigabyte.
        assert 0 < sent < 64 * 2**20
        assert r.tap.journal.page().entries[0].answer_bytes <= sent


async def test_provider_that_does_not_read_stops_the_consumer() -> None:
    stuck = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.until(b"\r\n\r\n")
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await stuck.wait()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(b"PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % 2**30)
        sent = 0
        with suppress(TimeoutError):
            while True:
                await asyncio.wait_for(wire.send(bytes(2**16)), 0.5)
                sent += 2**16
        assert 0 < sent < 64 * 2**20
        stuck.set()
        with pytest.raises(ConnectionError):
            await wire.rest()


async def test_provider_that_comes_back_is_reached_by_the_next_request() -> None:
    async def once(wire: Wire) -> None:
        await wire.message()
        await wire.send(OK)

    async with rig(once) as r:
        for _ in range(3):
            assert (await r.ask()).endswith(b"ok")
        assert len(r.provider.connections) == 3
