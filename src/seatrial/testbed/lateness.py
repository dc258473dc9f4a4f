"""How late the harness's own event loop runs: its callers wait for that too, whoever answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_BEAT_S = 0.01


class Lateness:
    """Adds up how late a heartbeat in the loop is, while it is watched."""

    def __init__(self) -> None:
        """Begin with none."""
        self._late_s = 0.0
        self._due_s: float | None = None

    @property
    def total_s(self) -> float:
        """How late in all, with the beat that is overdue now, seconds."""
        if self._due_s is None:
            return self._late_s
        return self._late_s + max(0.0, asyncio.get_running_loop().time() - self._due_s)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Watch it for the time of a block."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            self._due_s = None

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._due_s = loop.time() + _BEAT_S
            await asyncio.sleep(_BEAT_S)
            self._late_s = self.total_s
