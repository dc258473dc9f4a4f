"""A flow in virtual time: what a stage asks of its connection, without one."""

import heapq
import itertools
import random
from asyncio import TimerHandle
from collections.abc import Callable
from typing import cast

from seatrial.faults.engine.toxics import Item, Stage, Toxic
from seatrial.faults.engine.toxics.base import Data


class Timer:
    """A timer that can be cancelled."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        """Never call back."""
        self.cancelled = True


class Rig:
    """A stage's flow, and what follows it: notes all that arrives there, and when."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.arrived: list[tuple[float, bytes]] = []
        """Seconds since the rig began, and data."""
        self.ended_s: float | None = None
        self.reset_s: float | None = None
        self.held = 0
        self.chance = random.Random(3)
        self._timers: list[tuple[float, int, Timer, Callable[[], None]]] = []
        self._count = itertools.count()

    def stage(self, toxic: Toxic, memory: dict[str, int] | None = None) -> Stage:
        """A stage of a toxic in this flow."""
        return toxic.stage(self, self, {} if memory is None else memory)

    @property
    def has_ended(self) -> bool:
        """True if the end arrived."""
        return self.ended_s is not None

    @property
    def was_reset(self) -> bool:
        """True if a stage asked for a reset."""
        return self.reset_s is not None

    @property
    def elapsed_s(self) -> float:
        """Since the rig began."""
        return round(self.now_s - 1000.0, 9)

    @property
    def data(self) -> bytes:
        """All that arrived."""
        return b"".join(data for _, data in self.arrived)

    def send(self, stage: Stage, data: bytes) -> None:
        """Give a stage data that was received now."""
        stage.push(data, self.now_s)

    def advance(self, seconds: float) -> None:
        """Let time pass, calling timers when they are due."""
        until = self.now_s + seconds
        while self._timers and self._timers[0][0] <= until:
            when, _, timer, callback = heapq.heappop(self._timers)
            self.now_s = max(self.now_s, when)
            if not timer.cancelled:
                callback()
        self.now_s = until

    @property
    def timers(self) -> int:
        """The number of timers that are set."""
        return sum(not timer.cancelled for _, _, timer, _ in self._timers)

    # Flow

    def now(self) -> float:
        """The virtual clock."""
        return self.now_s

    def call_at(self, when_s: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back at a time of the virtual clock."""
        timer = Timer()
        heapq.heappush(self._timers, (when_s, next(self._count), timer, callback))
        return cast("TimerHandle", timer)

    def hold(self, size: int) -> None:
        """Count."""
        self.held += size

    def reset(self) -> None:
        """Note the moment."""
        self.reset_s = self.elapsed_s

    # Receiver

    def push(self, data: Data, stamp_s: float) -> None:
        """Note data."""
        self.arrived.append((self.elapsed_s, bytes(data)))

    def end(self) -> None:
        """Note the end, which comes once."""
        assert self.ended_s is None
        self.ended_s = self.elapsed_s


def handed_over(old: Stage, new: Stage) -> None:
    """Do what a link does when a toxic is updated."""
    held, ended = old.halt()
    for item in held:
        new.push(*item)
    if ended:
        new.end()


def texts(items: list[Item]) -> list[bytes]:
    """The data of items."""
    return [item.data for item in items]
