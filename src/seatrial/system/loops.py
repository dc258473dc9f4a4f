"""Running a coroutine to its end, from code that isn't asynchronous."""

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, whose loop is whole before a signal can end the program.

    A signal's handler that raises while the loop is being made leaves half a loop behind, whose
    end then prints a traceback of its own.
    """
    runner = asyncio.Runner()
    try:
        with _signals_wait():
            runner.get_loop()
        return runner.run(main)
    finally:
        runner.close()
        main.close()  # where it was never begun


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let SIGINT and SIGTERM come after the block.

    The handlers are exchanged, not the mask of this thread: the system gives a process's signal to
    any thread that doesn't block it, and Python runs the handler in this one all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no handler runs in another thread
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in before:
            signal.signal(number, lambda one, _: came.append(one))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
