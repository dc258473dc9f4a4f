"""A gate that opens once."""

import asyncio

from seatrial.tap.barrier import Barrier, BarrierOrder
from seatrial.tap.plan import Match, RequestView

GET = RequestView("GET", "/a", "")


async def arrive(hold: Barrier, count: int) -> "list[asyncio.Task[bool]]":
    tasks = [asyncio.create_task(hold.wait(GET, "request")) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_gate_opens_for_all_when_the_last_one_comes() -> None:
    hold = Barrier(BarrierOrder(until=3))
    two = await arrive(hold, 2)
    assert hold.state.waiting == 2
    one = await arrive(hold, 1)
    assert await asyncio.gather(*two, *one) == [True, True, True]
    assert (hold.state.ended, hold.state.held, hold.state.active) == ("reached", 3, False)


async def test_open_gate_holds_nobody() -> None:
    hold = Barrier(BarrierOrder())
    hold.release()
    assert await hold.wait(GET, "request") is False


async def test_gate_lets_pass_what_is_not_its_own() -> None:
    hold = Barrier(BarrierOrder(match=Match(path="/b")))
    assert await hold.wait(GET, "request") is False
    assert await Barrier(BarrierOrder()).wait(GET, "answer") is False


async def test_those_held_go_in_the_order_in_which_they_came() -> None:
    hold = Barrier(BarrierOrder())
    gone: list[int] = []

    async def wait(number: int) -> None:
        await hold.wait(GET, "request")
        gone.append(number)

    tasks = [asyncio.create_task(wait(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert hold.release() == 5
    await asyncio.gather(*tasks)
    assert gone == [0, 1, 2, 3, 4]


async def test_one_that_goes_away_is_not_counted_for_the_rest() -> None:
    hold = Barrier(BarrierOrder(until=2))
    (leaver,) = await arrive(hold, 1)
    leaver.cancel()
    await asyncio.gather(leaver, return_exceptions=True)
    (waiter,) = await arrive(hold, 1)
    assert (hold.state.waiting, hold.state.held, waiter.done()) == (1, 2, False)
    hold.release()
    await waiter


async def test_gathered_returns_as_soon_as_so_many_wait() -> None:
    hold = Barrier(BarrierOrder())
    waiting = asyncio.create_task(hold.gathered(2, 60.0))
    first = await arrive(hold, 1)
    assert not waiting.done()
    second = await arrive(hold, 1)
    assert (await waiting).waiting == 2
    hold.release()
    await asyncio.gather(*first, *second)


async def test_gathered_returns_when_the_hold_ends_or_the_time_is_over() -> None:
    hold = Barrier(BarrierOrder())
    assert (await hold.gathered(1, 0.0)).waiting == 0
    waiting = asyncio.create_task(hold.gathered(1, 60.0))
    await asyncio.sleep(0)
    hold.release("timed out")
    assert (await waiting).ended == "timed out"
