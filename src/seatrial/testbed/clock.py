"""The clock of a testbed: the machine's for a wire, a virtual one for a simulation."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, and waits. Times are monotonic seconds."""

    def now_s(self) -> float:
        """Return the time."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for a time."""
        ...


class MachineClock:
    """The machine's monotonic clock, which its processes share."""

    def now_s(self) -> float:
        """Return the time."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for a time; not at all where it is over."""
        await asyncio.sleep(max(0.0, seconds))


MACHINE_CLOCK = MachineClock()
