"""The shipped testing module: clock, virtual time, scripted wire."""

import asyncio
import time

import httpx
import pytest

from seatrial.resilience.testing import (
    After,
    Deadlock,
    Dripping,
    FakeClock,
    ScriptedTransport,
    VirtualTimeLoop,
    virtual_time,
)


async def test_a_fake_clock_moves_only_by_hand() -> None:
    clock = FakeClock(5)
    assert clock() == clock() == 5
    clock.advance(2.5)
    await clock.sleep(1)
    assert clock() == 8.5
    assert clock.slept == [1]


@pytest.mark.parametrize("seconds", [-1, float("nan")])
def test_a_fake_clock_never_goes_back(seconds: float) -> None:
    with pytest.raises(ValueError, match="never goes back"):
        FakeClock().advance(seconds)


def test_a_year_of_sleep_takes_no_time() -> None:
    began = time.monotonic()
    with virtual_time() as loop:
        loop.run(asyncio.sleep(365 * 86_400))
        assert loop.time() == 365 * 86_400
    assert time.monotonic() - began < 5


def test_timers_fire_in_their_order_at_their_times() -> None:
    with virtual_time() as loop:
        fired: list[tuple[str, float]] = []

        async def after(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            fired.append((name, loop.time()))

        async def scenario() -> None:
            await asyncio.gather(after("c", 3), after("a", 1), after("b", 2))

        loop.run(scenario())
        assert fired == [("a", 1), ("b", 2), ("c", 3)]


def test_small_steps_at_large_times_still_pass() -> None:
    with virtual_time() as loop:

        async def scenario() -> None:
            await asyncio.sleep(1e12)
            for _ in range(10):
                await asyncio.sleep(1e-9)

        loop.run(scenario())
        assert loop.time() >= 1e12


def test_waiting_for_what_never_comes_is_a_deadlock() -> None:
    with virtual_time() as loop, pytest.raises(Deadlock, match="every task waits"):
        loop.run(asyncio.Event().wait())


def test_threads_are_refused() -> None:
    with virtual_time() as loop, pytest.raises(RuntimeError, match="no threads in virtual time"):
        loop.run(asyncio.to_thread(print))


def test_tasks_that_are_left_are_cancelled_at_the_end() -> None:
    with virtual_time() as loop:
        task = loop.create_task(asyncio.sleep(60))
        loop.run(asyncio.sleep(1))
    assert task.cancelled()
    assert loop.is_closed()


def test_a_failure_inside_doesnt_hide_behind_the_end() -> None:
    loops: list[VirtualTimeLoop] = []

    def fail() -> None:
        with virtual_time() as loop:
            loops.append(loop)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert loops[0].is_closed()


def test_a_script_plays_one_step_a_request() -> None:
    with virtual_time() as loop:
        wire = ScriptedTransport(
            503,
            httpx.ConnectError("refused"),
            After(2, httpx.Response(200, text="late")),
            Dripping(b"abc", every_s=1),
            lambda request: httpx.Response(200, text=str(request.url)),
            then=204,
        )

        async def scenario() -> list[object]:
            ends: list[object] = []
            async with httpx.AsyncClient(transport=wire) as client:
                for _ in range(7):
                    try:
                        answer = await client.get("http://x/")
                        ends.append((answer.status_code, answer.text))
                    except httpx.HTTPError as error:
                        ends.append(type(error))
            return ends

        assert loop.run(scenario()) == [
            (503, ""),
            httpx.ConnectError,
            (200, "late"),
            (200, "abc"),
            (200, "http://x/"),
            (204, ""),
            (204, ""),
        ]
        assert wire.times_s == [0, 0, 0, 2, 5, 5, 5]
        assert len(wire.requests) == 7
        assert wire.aborted == 0


async def test_a_script_that_has_ended_says_so() -> None:
    async with httpx.AsyncClient(transport=ScriptedTransport()) as client:
        with pytest.raises(AssertionError, match="no step left in the script for GET http://x/"):
            await client.get("http://x/")


def test_a_caller_who_gives_up_is_counted() -> None:
    with virtual_time() as loop:
        wire = ScriptedTransport(After(60, 200), Dripping(b"xxxx", every_s=1))

        async def scenario() -> None:
            async with httpx.AsyncClient(transport=wire) as client:
                for _ in range(2):
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(2.5):
                            await client.get("http://x/")

        loop.run(scenario())
        assert wire.aborted == 2
