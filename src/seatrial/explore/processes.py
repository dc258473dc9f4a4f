"""The processes of the system: killed and started again, or paused, at a point of a journey."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from seatrial.errors import SeatrialError
from seatrial.system import AddressOverride, Launcher, Running
from seatrial.wires import Service


@dataclass
class Outage:
    """A time in which a service was killed and started again, in `time.monotonic()` seconds."""

    since_s: float
    until_s: float = inf


class Processes:
    """The system's services as processes; `None` of a service that runs elsewhere."""

    def __init__(self) -> None:
        """Begin with none."""
        self._services: dict[str, Service] = {}
        self.outages: dict[str, list[Outage]] = {}
        """When each was killed, in this run."""
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By service: two faults at once kill it one after the other, and start it once each."""
        self._starting: set[asyncio.Future[None]] = set()
        self._unstarted: dict[str, str] = {}
        """Those that didn't start again after a kill, each with the reason."""
        self._printed: Mapping[str, int] = {}
        """How much each had printed before this run, in bytes."""

    def stand(
        self, launcher: Launcher, running: Mapping[str, Running], override: AddressOverride
    ) -> None:
        """Take the services as they were started, with what stands between them and their parts."""
        self._services = {
            name: Service(launcher, one, override)
            for name, one in running.items()
            if one.process is not None
        }

    def forget(self) -> None:
        """Begin a run: nothing was killed in it."""
        self.outages = {}
        self._printed = {name: one.printed() for name, one in self._services.items()}

    def error_of(self, name: str) -> str:
        """Return the last error that a service printed in this run; "" where there is none."""
        if name not in self._services:
            return ""
        return self._services[name].last_error(since=self._printed.get(name, 0))

    def can_kill(self, name: str) -> bool:
        """Return True if a service was started here."""
        return name in self._services

    def can_pause(self, name: str) -> bool:
        """Return True if a service can stand still."""
        return self.can_kill(name)

    def endings(self) -> list[str]:
        """Say which services don't run, with the error that their output names."""
        unstarted = [
            f"{name} didn't start again after it was killed: {why}"
            for name, why in self._unstarted.items()
        ]
        return unstarted or [
            f"a process ended by itself: {name} {_in_short(ending, one.last_error())}"
            for name, one in self._services.items()
            if (ending := one.ending()) is not None
        ]

    async def crash(self, name: str) -> None:
        """Kill a service and start it again where it was."""
        starting = asyncio.ensure_future(self._crash(name))
        self._starting.add(starting)
        await asyncio.shield(starting)  # whoever waits may go away, and it must run again

    async def _crash(self, name: str) -> None:
        outages = self.outages.setdefault(name, [])
        async with self._turns[name]:
            outages.append(outage := Outage(time.monotonic()))
            try:
                await self._kill_and_start(name)
            except SeatrialError as error:
                self._unstarted[name] = " ".join(str(error).split())
            else:
                outage.until_s = time.monotonic()

    async def _kill_and_start(self, name: str) -> None:
        await asyncio.to_thread(_crash, self._services[name])

    async def up(self) -> None:
        """Wait until all that were killed run again, or have failed to."""
        starting, self._starting = self._starting, set()
        for one in await asyncio.gather(*starting, return_exceptions=True):
            if isinstance(one, BaseException):
                raise one

    async def pause(self, name: str) -> None:
        """Freeze a service."""
        await asyncio.to_thread(self._services[name].pause)

    async def resume_after(self, name: str, wait_s: float) -> None:
        """Let it go on after a time."""
        try:
            await asyncio.sleep(wait_s)
        finally:
            self._services[name].resume()


def _in_short(ending: str, error: str) -> str:
    """Return an ending without its last words where an error among them says more."""
    status = ending.partition(". ")[0]
    return f"{status}: {error}" if error else ending


def _crash(service: Service) -> None:
    service.kill()
    service.restart()
