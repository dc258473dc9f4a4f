"""The virtual clock, and the functions that stand in for those of `time`."""

import random
import time
from collections.abc import Callable
from threading import get_ident

NS = 1_000_000_000
START_S = 1_000_000
"""The monotonic clock's first value: as after some days of uptime, since code that compares with 0
relies on it."""
EPOCH_S = 1_767_225_600
"""The wall clock's first value: 2026-01-01 00:00 UTC."""


class VirtualClock:
    """A clock in whole nanoseconds that moves only when it is moved."""

    def __init__(self, epoch_s: int = EPOCH_S) -> None:
        self.now_ns = START_S * NS
        self._epoch_ns = epoch_s * NS - self.now_ns
        self.blocked: Callable[[float], None] = self._slept
        """Called when `time.sleep` blocks the thread."""

    @property
    def elapsed_s(self) -> float:
        """The virtual time since the beginning."""
        return (self.now_ns - START_S * NS) / NS

    def monotonic(self) -> float:
        """Return what `time.monotonic` and `time.perf_counter` say."""
        return self.now_ns / NS

    def time_ns(self) -> int:
        """Return what `time.time_ns` says."""
        return self._epoch_ns + self.now_ns

    def time(self) -> float:
        """Return what `time.time` says."""
        return self.time_ns() / NS

    def advance_to(self, at_ns: int) -> None:
        """Move to a moment; the clock never goes back."""
        self.now_ns = max(self.now_ns, at_ns)

    def _slept(self, seconds: float) -> None:
        self.advance_to(self.now_ns + round(seconds * NS))


class Real:
    """The functions as they were before any simulation."""

    monotonic = staticmethod(time.monotonic)
    monotonic_ns = staticmethod(time.monotonic_ns)
    perf_counter = staticmethod(time.perf_counter)
    perf_counter_ns = staticmethod(time.perf_counter_ns)
    time_ns = staticmethod(time.time_ns)
    sleep = staticmethod(time.sleep)
    gmtime = staticmethod(time.gmtime)
    localtime = staticmethod(time.localtime)
    time = staticmethod(time.time)  # the last, since it hides the module here


_clocks: dict[int, VirtualClock] = {}
"""The clock of each thread that is in a simulation."""


def clock_here() -> VirtualClock | None:
    """Return the virtual clock of this thread, if it is in a simulation."""
    return _clocks.get(get_ident())


def set_clock_here(clock: VirtualClock | None) -> None:
    """Say which clock this thread goes by; None is the real one."""
    if clock is None:
        _clocks.pop(get_ident(), None)
    else:
        _clocks[get_ident()] = clock


def monotonic() -> float:
    """Stand in for `time.monotonic` and `time.perf_counter`."""
    clock = _clocks.get(get_ident())
    return Real.monotonic() if clock is None else clock.now_ns / NS


def monotonic_ns() -> int:
    """Stand in for `time.monotonic_ns` and `time.perf_counter_ns`."""
    clock = _clocks.get(get_ident())
    return Real.monotonic_ns() if clock is None else clock.now_ns


def perf_counter() -> float:
    """Stand in for `time.perf_counter`."""
    clock = _clocks.get(get_ident())
    return Real.perf_counter() if clock is None else clock.now_ns / NS


def perf_counter_ns() -> int:
    """Stand in for `time.perf_counter_ns`."""
    clock = _clocks.get(get_ident())
    return Real.perf_counter_ns() if clock is None else clock.now_ns


def wall() -> float:
    """Stand in for `time.time`."""
    clock = _clocks.get(get_ident())
    return Real.time() if clock is None else clock.time()


def wall_ns() -> int:
    """Stand in for `time.time_ns`."""
    clock = _clocks.get(get_ident())
    return Real.time_ns() if clock is None else clock.time_ns()


def sleep(seconds: float, /) -> None:
    """Stand in for `time.sleep`: it blocks the loop, so that only the clock moves."""
    clock = _clocks.get(get_ident())
    if clock is None:
        Real.sleep(seconds)
    else:
        clock.blocked(seconds)


def gmtime(seconds: float | None = None, /) -> time.struct_time:
    """Stand in for `time.gmtime`."""
    return Real.gmtime(wall() if seconds is None else seconds)


def localtime(seconds: float | None = None, /) -> time.struct_time:
    """Stand in for `time.localtime`."""
    return Real.localtime(wall() if seconds is None else seconds)


STAND_INS: dict[str, Callable[..., object]] = {
    "monotonic": monotonic,
    "monotonic_ns": monotonic_ns,
    "perf_counter": perf_counter,
    "perf_counter_ns": perf_counter_ns,
    "time": wall,
    "time_ns": wall_ns,
    "sleep": sleep,
    "gmtime": gmtime,
    "localtime": localtime,
}
"""The stand-in for each function of `time`."""


def seeded(seed: object) -> random.Random:
    """Return a source of chance that depends on nothing but the seed, in any process."""
    return random.Random(str(seed))  # noqa: S311 - a simulation's dice, not a secret
