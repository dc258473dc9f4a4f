"""The engine's event loop: timers exact to the microsecond.

asyncio's own waits in whole milliseconds, which would show in every delay that is injected.
"""

import asyncio
import ctypes
import os
import selectors
import sys
import time
from collections.abc import Callable

_SLACK_S = 5e-6
"""A timer that differs by less isn't set again."""
_EARLY_S = 400e-6
"""The loop wakes this long before a timer is due and watches the clock: waking takes a while."""
_SHARE = 0.1
"""The largest part of the time that may be spent so."""


def new_loop() -> asyncio.AbstractEventLoop:
    """Return the best loop that this system has."""
    if sys.platform != "linux":
        return asyncio.new_event_loop()
    try:
        return asyncio.SelectorEventLoop(ExactSelector())
    except (OSError, AttributeError):  # a C library without timerfd
        return asyncio.new_event_loop()


class _Spec(ctypes.Structure):
    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class _Timer:
    """A timer of the kernel, as a file that becomes readable."""

    _MONOTONIC, _NONBLOCK, _CLOEXEC, _ABSOLUTE = 1, 0o4000, 0o2000000, 1

    def __init__(self) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._set: Callable[..., int] = library.timerfd_settime
        self.number: int = library.timerfd_create(self._MONOTONIC, self._NONBLOCK | self._CLOEXEC)
        if self.number < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._spec = _Spec(0, 0, 0, 0)
        self._pointer = ctypes.byref(self._spec)
        self._due_s = 0.0
        """0: it isn't set."""

    def set(self, due_s: float, now_s: float) -> None:
        """Fire at a moment of the monotonic clock; 0 is never."""
        if self._due_s and self._due_s <= now_s:
            self._due_s = -1.0  # it has fired, and stays readable until it is set
        if abs(due_s - self._due_s) < _SLACK_S:
            return
        self._spec.value_s = int(due_s)
        self._spec.value_ns = int((due_s % 1) * 1e9)
        self._set(self.number, self._ABSOLUTE, self._pointer, None)
        self._due_s = due_s

    def close(self) -> None:
        """Close its files."""
        os.close(self.number)


if sys.platform == "linux":

    class ExactSelector(selectors.EpollSelector):
        """A selector with exact timeouts."""

        def __init__(self) -> None:
            super().__init__()
            self._timer = _Timer()
            self._selector.register(self._timer.number, 1)  # type: ignore[attr-defined]
            self._credit_s = 0.0
            self._credited_s = time.monotonic()

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Return what is ready, at the latest after `timeout` seconds; None waits forever."""
            if timeout is None or timeout <= 0:
                if timeout is None:
                    self._timer.set(0.0, time.monotonic())
                return super().select(timeout)
            return self._sleep(time.monotonic() + timeout)

        def close(self) -> None:
            """Close its files."""
            super().close()
            self._timer.close()

        def _sleep(self, due_s: float) -> list[tuple[selectors.SelectorKey, int]]:
            now_s = time.monotonic()
            self._credit_s = min(self._credit_s + _SHARE * (now_s - self._credited_s), 0.01)
            self._credited_s = now_s
            early_s = due_s - _EARLY_S if self._credit_s >= _EARLY_S else due_s
            if now_s < early_s:
                self._timer.set(early_s, now_s)
                ready = super().select(None)
                if ready or early_s == due_s:
                    return ready
            self._credit_s -= _EARLY_S
            while time.monotonic() < due_s:
                if ready := super().select(0):
                    return ready
            return []
