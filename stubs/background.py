"""Background tasks: they run while something else does, and end with it."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any

_AGAIN_S = 1.0


@asynccontextmanager
async def background_tasks(*works: Coroutine[Any, Any, object]) -> AsyncGenerator[None]:
    """Run these while the block runs; what goes wrong in them is theirs to report."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        await end(tasks)


async def end(tasks: Iterable[asyncio.Task[Any]], again_s: float = _AGAIN_S) -> None:
    """Cancel tasks until they have ended.

    Once isn't enough: up to Python 3.11 `asyncio.wait_for` forgets a cancellation that comes at
    the same time as its result, and the client of Redis waits with it.

    Args:
        tasks: what is to end.
        again_s: after how many seconds those that go on are cancelled again.
    """
    tasks = list(tasks)
    going_on = set(tasks)
    while going_on:
        for task in going_on:
            task.cancel()
        _, going_on = await asyncio.wait(going_on, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)  # so that no error counts as unseen
