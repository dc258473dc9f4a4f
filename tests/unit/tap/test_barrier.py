"""A gate that opens once."""

import asyncio

from seatrial.tap.barrier import Barrier, BarrierOrder
from seatrial.tap.plan import Match, RequestView

GET = RequestView("GET", "/a", "")


async def arrive(barrier: Barrier, count: int) -> "list[asyncio.Task[bool]]":
    tasks = [asyncio.create_task(barrier.wait(GET, "request")) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_gate_opens_for_all_when_the_last_one_comes() -> None:
    barrier = Barrier(BarrierOrder(until=3))
    two = await arrive(barrier, 2)
    assert barrier.state.waiting == 2
    one = await arrive(barrier, 1)
    assert await asyncio.gather(*two, *one) == [True, True, True]
    assert (barrier.state.ended, barrier.state.held, barrier.state.active) == ("reached", 3, False)


async def test_open_gate_holds_nobody() -> None:
    barrier = Barrier(BarrierOrder())
    barrier.release()
    assert await barrier.wait(GET, "request") is False


async def test_gate_lets_pass_what_is_not_its_own() -> None:
    barrier = Barrier(BarrierOrder(match=Match(path="/b")))
    assert await barrier.wait(GET, "request") is False
    assert await Barrier(BarrierOrder()).wait(GET, "answer") is False


async def test_those_held_go_in_the_order_in_which_they_came() -> None:
    barrier = Barrier(BarrierOrder())
    gone: list[int] = []

    async def wait(number: int) -> None:
        await barrier.wait(GET, "request")
        gone.append(number)

    tasks = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert barrier.release() == 5
    await asyncio.gather(*tasks)
    assert gone == [0, 1, 2, 3, 4]


async def test_one_that_goes_away_is_not_counted_for_the_rest() -> None:
    barrier = Barrier(BarrierOrder(until=2))
    (leaver,) = await arrive(barrier, 1)
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    (waiter,) = await arrive(barrier, 1)
    assert (barrier.state.waiting, barrier.state.held, waiter.done()) == (1, 2, False)
    barrier.release()
    await waiter


async def test_gathered_returns_as_soon_as_so_many_wait() -> None:
    barrier = Barrier(BarrierOrder())
    waiting = asyncio.create_task(barrier.gathered(2, 60.0))
    first = await arrive(barrier, 1)
    assert not waiting.done()
    second = await arrive(barrier, 1)
    assert (await waiting).waiting == 2
    barrier.release()
    await asyncio.gather(*first, *second)


async def test_gathered_returns_when_the_barrier_ends_or_the_time_is_over() -> None:
    barrier = Barrier(BarrierOrder())
    assert (await barrier.gathered(1, 0.0)).waiting == 0
    waiting = asyncio.create_task(barrier.gathered(1, 60.0))
    await asyncio.sleep(0)
    barrier.release("timed out")
    assert (await waiting).ended == "timed out"


async def test_none_is_held_for_longer_than_the_first_may_be() -> None:
    barrier = Barrier(BarrierOrder(hold_s=0.01), clock=lambda: 7.0)
    assert await asyncio.gather(*await arrive(barrier, 2)) == [True, True]
    assert (barrier.state.ended, barrier.state.released_s) == ("timed out", 7.0)
