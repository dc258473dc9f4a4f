"""The faults in force on a wire: every fault that began and hasn't ended, in any order."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import count
from typing import Any

from seatrial.faults import FaultSpec, ProcessFault, Proxy, Target


@dataclass(slots=True)
class FaultTerm:
    """A time in which a fault was in force; times are `time.monotonic()` seconds."""

    name: str
    on: str
    """The link or process that it hit."""
    started_s: float
    """When it was asked for: from here on it may have worked."""
    ended_s: float | None = None
    """When it had been reverted: from here on it can't have; None while it is in force."""
    text: str = ""
    """The name with its values."""

    def end(self) -> None:
        """Say that it is over now."""
        self.ended_s = time.monotonic()


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    fault: FaultSpec | ProcessFault
    on: str
    begin: Callable[[], None]
    end: Callable[[], None]


_TERMS = count(1)
"""Unlike on every wire of this process: two may lead through one proxy."""


class HeldFaults:
    """The network's and the processes' faults in force on one wire; blocking, for threads.

    A fault's end takes back that fault alone. Where an equal one is still in force (a link that is
    down twice), nothing happens until that ends too; where ending it undoes another one (a process
    that is started again while it ought to be paused), the other is applied again.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._held: list[_Held] = []
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def on_link(self, fault: FaultSpec, on: str, link: Proxy) -> _Held:
        """Return a fault of the network as something to begin and end."""
        term = str(next(_TERMS))
        return _Held(fault, on, lambda: fault.apply(link, term), lambda: fault.revert(link, term))

    def on_process(self, fault: ProcessFault, on: str, target: Target) -> _Held:
        """Return a fault of a process as something to begin and end."""
        return _Held(fault, on, lambda: fault.apply(target), lambda: fault.revert(target))

    def begin(self, held: _Held) -> None:
        """Apply a fault, unless an equal one makes it so already."""
        with self._locks[held.on]:
            twice = self._twice(held)
            self._held.append(held)
            if not twice:
                held.begin()

    def end(self, held: _Held) -> None:
        """Revert a fault; nothing happens when it didn't begin, or an equal one is in force."""
        with self._locks[held.on]:
            if held not in self._held:
                return
            self._held.remove(held)
            if self._twice(held):
                return
            held.end()
            for other in tuple(self._held):
                if other.on == held.on and _undone_by(other, held):
                    other.begin()

    def _twice(self, held: _Held) -> bool:
        return not _adds_up(held) and any(
            other.on == held.on and other.fault == held.fault for other in tuple(self._held)
        )


def _adds_up(held: _Held) -> bool:
    return isinstance(held.fault, FaultSpec) and held.fault.adds_up


def _undone_by(other: _Held, ended: _Held) -> bool:
    """Return True if the end of a fault may have undone another one: they share a switch."""
    return type(other.fault).place == type(ended.fault).place and not (
        _adds_up(other) or _adds_up(ended)
    )


async def to_its_end(work: Callable[[], None]) -> None:
    """Do something that blocks, in a thread, and be done with it also when cancelled meanwhile."""
    await finished(asyncio.to_thread(work))


async def finished(work: Coroutine[Any, Any, None]) -> None:
    """Do something to its end also when cancelled meanwhile; the cancellation comes after it."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    await task
