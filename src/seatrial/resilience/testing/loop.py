"""An event loop in virtual time: when nothing is left to do now, it is the next timer's time.

    with virtual_time() as loop:
        breaker = CircuitBreaker(clock=loop.time)
        loop.run(scenario(breaker))    # an hour of sleeping takes no time

It has no sockets and no threads: waiting for either would wait in real time. What waits for
something that no timer will ever bring raises `Deadlock` instead of hanging.
"""

from __future__ import annotations

import asyncio
import math
import selectors
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


class Deadlock(RuntimeError):  # noqa: N818 - it is one
    """Everything waits, and no timer is set that could end it."""


class _NoWire(selectors.BaseSelector):
    """A selector that never waits: it moves the loop's clock to the first of its timers."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self.loop = loop
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock("every task waits, and no timer is set: this would hang for ever")
        if timeout > 0:
            # exactly there: a sum would be rounded, and asyncio waits for a day at most
            self.now_s = self.loop.next_timer_s()
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, -1, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, -1, 0, None)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return {}


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The loop; `time` is its virtual clock, beginning at 0."""

    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        self._wire = _NoWire(self)
        super().__init__(self._wire)

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        now_s = self._wire.now_s
        # At large times a small step rounds to none. Were a timer that is due by rounding not seen
        # as due, the loop would turn for ever.
        self._clock_resolution = max(1e-9, math.ulp(now_s))
        return now_s

    def next_timer_s(self) -> float:
        """Return when the first timer fires; there must be one."""
        return self._scheduled[0].when()

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run to the end, as `asyncio.run` does, but in virtual time."""
        return self.run_until_complete(main)

    def run_in_executor(self, *_: Any) -> NoReturn:  # type: ignore[override] # nothing is run
        """Refuse: a thread takes real time.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("no threads in virtual time: a thread takes real time")


@contextmanager
def virtual_time() -> Iterator[VirtualTimeLoop]:
    """Yield a loop in virtual time, closed at the end with every task that is left cancelled."""
    loop = VirtualTimeLoop()
    try:
        yield loop
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
