"""Tasks and futures that hash by number instead of by address.

Libraries keep them in sets (`asyncio.wait`, AnyIO's task groups), whose order would otherwise
depend on where in memory a process has put them.
"""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any


class Numbers:
    """The numbers of one loop's tasks and futures, given as they are first asked for."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks = itertools.count(1)
        self._futures = itertools.count(1)

    def task(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> "NumberedTask":
        """Make a task, as a loop's task factory does; it is named by its number."""
        return NumberedTask(self._tasks, coro, loop=loop, **options)

    def future(self) -> "NumberedFuture":
        """Make a future."""
        future = NumberedFuture(loop=self._loop)
        future.numbers = self._futures
        return future


class NumberedTask(asyncio.Task[Any]):
    """A task that hashes by its number."""

    def __init__(self, numbers: Iterator[int], coro: Any, **options: Any) -> None:
        self._number = next(numbers)  # first, since the task is put into a set
        if options.get("name") is None:
            options["name"] = f"Task-{self._number}"
        super().__init__(coro, **options)

    def __hash__(self) -> int:
        return self._number


class NumberedFuture(asyncio.Future[Any]):
    """A future that hashes by a number, which few ever do."""

    numbers: Iterator[int]
    _number = 0

    def __hash__(self) -> int:
        self._number = self._number or next(self.numbers)
        return self._number
