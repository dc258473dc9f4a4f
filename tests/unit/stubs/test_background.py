"""Work that goes on meanwhile ends with what it accompanies, however stubborn it is."""

import asyncio

import pytest

from stubs.background import background_tasks, end


async def test_works_run_while_the_block_does_and_end_with_it() -> None:
    seen: list[str] = []

    async def work(name: str) -> None:
        seen.append(name)
        try:
            await asyncio.Event().wait()
        finally:
            seen.append(f"{name} ended")

    async with background_tasks(work("a"), work("b")):
        await asyncio.sleep(0)
        assert seen == ["a", "b"]
    assert sorted(seen[2:]) == ["a ended", "b ended"]


async def test_works_end_also_when_the_block_fails() -> None:
    forever = asyncio.Event()
    with pytest.raises(KeyError):
        async with background_tasks(forever.wait()):
            raise KeyError
    assert len(asyncio.all_tasks()) == 1


async def test_a_task_that_forgot_its_cancellation_is_cancelled_again() -> None:
    forgotten = 0

    async def work() -> None:
        nonlocal forgotten
        while forgotten < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                forgotten += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await end([task], again_s=0.001)
    assert task.cancelled()
    assert forgotten == 3


async def test_an_error_of_a_work_does_not_hide_the_block_s_result() -> None:
    async def fail() -> None:
        raise RuntimeError("its own to report")

    async with background_tasks(fail()):
        await asyncio.sleep(0)
    await end([])
