"""Work on a connection that comes and goes: run again whenever it fails, with growing pauses."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5

Sleep = Callable[[float], Awaitable[None]]


class Reconnecting:
    """Runs work that only an error ends, again and again.

    Args:
        failed: called with the reason when it stops working.
        recovered: called when it works again.
        failing: why it doesn't work before it has run; empty: it counts as working.
        sleep: waits this number of seconds.
    """

    def __init__(
        self,
        failed: Callable[[str], None],
        recovered: Callable[[], None] = lambda: None,
        *,
        failing: str = "",
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._failed = failed
        self._recovered = recovered
        self._sleep = sleep
        self.failing = failing

    async def run(self, work: Callable[[], Awaitable[None]]) -> NoReturn:
        """Run the work until cancelled; it calls `works` once it does."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - nothing may end the work unnoticed
                reason = str(error) or type(error).__name__
                if not self.failing:
                    pause_s = _FIRST_PAUSE_S
                    self._failed(reason)
                self.failing = reason
            await self._sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def works(self) -> None:
        """Note that the work works."""
        if self.failing:
            self.failing = ""
            self._recovered()
