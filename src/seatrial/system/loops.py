"""Running a coroutine to its end, from code that isn't asynchronous."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_ENDING = (signal.SIGINT, signal.SIGTERM)


def run_async(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, whose loop is whole before a signal can end the program.

    A signal's handler that raises while the loop is being made leaves half a loop behind, whose
    end then prints a traceback of its own.
    """
    runner = asyncio.Runner()
    try:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            runner.get_loop()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return runner.run(main)
    finally:
        runner.close()
        main.close()  # where it was never begun
