"""A body's way is bounded by pausing its source."""

import asyncio

import pytest

from seatrial.tap.stream import HIGH_BYTES, Pausable, Stream


class Counted:
    """Counts pauses."""

    def __init__(self) -> None:
        self.paused = 0
        self.stream = Stream(Pausable(self._pause, self._resume))

    def _pause(self) -> None:
        self.paused += 1

    def _resume(self) -> None:
        self.paused -= 1


async def test_bytes_come_out_in_order_and_then_the_end() -> None:
    stream = Counted().stream
    stream.feed(b"a")
    stream.feed(b"b")
    assert await stream.read() == b"ab"
    stream.feed(b"c")
    stream.finish()
    assert [await stream.read(), await stream.read()] == [b"c", b""]
    assert stream.total_bytes == 3


async def test_reader_that_waits_is_woken() -> None:
    stream = Counted().stream
    reading = asyncio.create_task(stream.read())
    await asyncio.sleep(0)
    stream.feed(b"a")
    assert await reading == b"a"


async def test_full_stream_pauses_its_source_once_until_it_is_read() -> None:
    counted = Counted()
    counted.stream.feed(bytes(HIGH_BYTES))
    assert counted.paused == 0
    counted.stream.feed(b"a")
    counted.stream.feed(b"a")
    assert counted.paused == 1
    await counted.stream.read()
    assert counted.paused == 0


async def test_failure_comes_after_what_was_fed_before_it() -> None:
    stream = Counted().stream
    stream.feed(b"a")
    stream.fail(ValueError("broken"))
    assert await stream.read() == b"a"
    with pytest.raises(ValueError, match="broken"):
        await stream.read()


async def test_failure_after_the_end_is_none() -> None:
    stream = Counted().stream
    stream.finish()
    stream.fail(ValueError("late"))
    assert await stream.read() == b""


async def test_discarding_keeps_nothing_and_never_pauses() -> None:
    counted = Counted()
    discarding = asyncio.create_task(counted.stream.discard())
    await asyncio.sleep(0)
    for _ in range(3):
        counted.stream.feed(bytes(HIGH_BYTES))
    assert counted.paused == 0
    assert not discarding.done()
    counted.stream.finish()
    await discarding


async def test_read_all_gives_up_over_its_limit() -> None:
    stream = Counted().stream
    stream.feed(b"abc")
    assert await stream.read_all(2) is None


async def test_whole_body_is_taken_only_when_it_is_whole() -> None:
    stream = Counted().stream
    stream.feed(b"a")
    assert stream.take_whole() is None
    stream.finish()
    assert stream.take_whole() == b"a"


async def test_reader_that_is_cancelled_loses_nothing() -> None:
    stream = Counted().stream
    reading = asyncio.create_task(stream.read())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    stream.feed(b"a")
    assert await stream.read() == b"a"
