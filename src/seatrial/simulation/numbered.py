"""Tasks and futures that hash by number instead of by address.

Libraries keep them in sets (`asyncio.wait`, AnyIO's task groups), whose order would otherwise
depend on where in memory a process has put them.
"""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any


class Numbers:
    """The numbers of one loop's tasks and futures, and what makes these."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks = itertools.count(1)
        self._futures = itertools.count(1)

    def task(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> "NumberedTask":
        """Make a task, as a loop's task factory does; it is named by its number."""
        return NumberedTask(self._tasks, coro, loop=loop, **options)

    def future(self) -> "NumberedFuture":
        """Make a future."""
        return NumberedFuture(self._futures, loop=self._loop)


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
    """A future that hashes by its number."""

    def __init__(self, numbers: Iterator[int], **options: Any) -> None:
        self._number = next(numbers)
        super().__init__(**options)

    def __hash__(self) -> int:
        return self._number
