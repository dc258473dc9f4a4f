"""Concurrency is made: held requests go on together."""

import asyncio

import pytest

from seatrial.tap import BarrierOrder, Match
from seatrial.tap.state import Tap
from tests.integration.tap.rig import GET, PATIENCE_S, Rig, Wire, rig

OTHER = b"GET /other HTTP/1.1\r\nhost: h\r\n\r\n"


async def held(tap: Tap, count: int) -> None:
    """Wait until N are held."""
    assert tap.barrier is not None
    state = await tap.barrier.gathered(count, PATIENCE_S)
    assert state.waiting == count or not state.active


async def many(r: Rig, count: int) -> "list[asyncio.Task[bytes]]":
    return [asyncio.create_task(r.ask()) for _ in range(count)]


async def test_requests_wait_before_the_provider_until_all_are_there() -> None:
    async with rig() as r:
        r.tap.set_barrier(BarrierOrder(until=5))
        first = await many(r, 4)
        await held(r.tap, 4)
        assert r.provider.connections == []
        assert not any(task.done() for task in first)
        await asyncio.gather(*first, r.ask())
        entries = r.tap.journal.page().entries
    assert max(entry.in_flight for entry in entries) == 5
    last_arrival_s = max(entry.arrived_s for entry in entries)
    assert all(entry.held_s and entry.held_s >= last_arrival_s for entry in entries)


async def test_answers_wait_with_the_provider_already_asked() -> None:
    async with rig() as r:
        r.tap.set_barrier(BarrierOrder(place="answer"))
        tasks = await many(r, 3)
        await held(r.tap, 3)
        entries = r.tap.journal.page().entries
        assert [entry.provider_status for entry in entries] == [200] * 3
        assert [entry.status for entry in entries] == [None] * 3
        assert r.tap.release() == 3
        assert all(answer.endswith(b"ok") for answer in await asyncio.gather(*tasks))


async def test_request_that_does_not_match_passes_a_barrier() -> None:
    async with rig() as r:
        r.tap.set_barrier(BarrierOrder(match=Match(path="/users/.*")))
        (task,) = await many(r, 1)
        await held(r.tap, 1)
        assert (await r.ask(OTHER)).endswith(b"ok")
        r.tap.release()
        await task


async def test_barrier_lets_go_when_its_time_is_over() -> None:
    async with rig() as r:
        barrier = r.tap.set_barrier(BarrierOrder(until=99, timeout_s=0.05))
        assert (await r.ask()).endswith(b"ok")
        assert (barrier.state.ended, barrier.state.held) == ("timed out", 1)
        entry = r.tap.journal.page().entries[0]
        assert entry.held_s is not None
        assert entry.held_s - entry.arrived_s >= 0.04


async def test_consumer_that_goes_away_no_longer_counts_as_held() -> None:
    async with rig() as r:
        barrier = r.tap.set_barrier(BarrierOrder(until=2))
        async with r.connect() as wire:
            await wire.send(GET)
            await held(r.tap, 1)
        await r.idle()
        assert (barrier.state.waiting, barrier.state.held, barrier.state.active) == (0, 1, True)


async def test_new_barrier_releases_the_one_before() -> None:
    async with rig() as r:
        before = r.tap.set_barrier(BarrierOrder())
        (task,) = await many(r, 1)
        await held(r.tap, 1)
        r.tap.set_barrier(BarrierOrder(match=Match(path="/never")))
        await task
        assert before.state.ended == "released"


async def test_provider_that_closes_meanwhile_does_not_fail_what_is_held() -> None:
    close = asyncio.Event()

    async def once(wire: Wire) -> None:
        await wire.message()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await close.wait()

    async with rig(once) as r, r.connect() as wire:
        await wire.send(GET)
        await wire.message()
        r.tap.set_barrier(BarrierOrder())
        await wire.send(GET)
        await held(r.tap, 1)
        close.set()
        await r.provider.ended.wait()
        await asyncio.sleep(0.02)
        r.tap.release()
        assert (await wire.message())[1] == b"ok"


@pytest.mark.parametrize("count", [1, 20])
async def test_release_lets_all_go(count: int) -> None:
    async with rig() as r:
        r.tap.set_barrier(BarrierOrder())
        tasks = await many(r, count)
        await held(r.tap, count)
        assert r.tap.release() == count
        await asyncio.gather(*tasks)
        assert r.tap.release() == 0
