"""aiosqlite without its threads: SQLite answers at once, in the loop's own thread.

A connection of aiosqlite puts functions into a queue from which its thread takes them. In a
simulation the queue runs them itself, in no virtual time.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any


class _InlineQueue:
    """A queue that does what is put into it."""

    def put_nowait(self, item: tuple[Any, Callable[[], Any]]) -> None:
        """Call a function, and give its future what came of it."""
        future, function = item
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - raised where the future is waited for
            if future is not None and not future.done():
                future.set_exception(error)
        else:
            if future is not None and not future.done():
                future.set_result(result)


class _NoThread:
    """Stands in for a connection's thread."""

    daemon = True

    def start(self) -> None:
        """Nothing waits in the queue."""


def replace_aiosqlite(
    replace: Callable[[Any, str, Any], None], is_simulated: Callable[[], bool]
) -> None:
    """Put the stand-ins in place, where aiosqlite is installed.

    Args:
        replace: sets an attribute of a module until the stand-ins are taken away.
        is_simulated: says whether a connection that is made now is one of a simulation.
    """
    if "aiosqlite" not in sys.modules and importlib.util.find_spec("aiosqlite") is None:
        return
    core: Any = importlib.import_module("aiosqlite.core")
    if not (hasattr(core, "SimpleQueue") and hasattr(core, "Thread")):
        return  # another version, whose threads are refused

    def queue() -> Any:
        return _InlineQueue() if is_simulated() else SimpleQueue()

    def thread(*args: Any, **options: Any) -> Any:
        return _NoThread() if is_simulated() else Thread(*args, **options)

    replace(core, "SimpleQueue", queue)
    replace(core, "Thread", thread)
