"""The selector of a simulated loop: where real ones wait, it moves the clock."""

import select
from collections.abc import Callable, Mapping
from selectors import EVENT_READ, EVENT_WRITE, BaseSelector, SelectorKey
from typing import Any, Never

from seatrial.simulation.clock import NS, Real
from seatrial.simulation.network import Network


class SimulatedSelector(BaseSelector):
    """Reports simulated sockets that are ready; with none, it goes on to what happens next."""

    def __init__(
        self,
        network: Network,
        *,
        deadlocked: Callable[[], Never],
        too_long: Callable[[], Never],
    ) -> None:
        self._network = network
        self._keys: dict[int, SelectorKey] = {}
        self._candidates: dict[int, None] = {}
        self._deadlocked, self._too_long = deadlocked, too_long
        self._limit_ns: int | None = None

    def limit(self, wall_limit_s: float | None) -> None:
        """Begin to count real time."""
        self._limit_ns = None if wall_limit_s is None else _after(wall_limit_s)

    def register(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch a socket."""
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        if self._network.find(fd) is None:
            raise self._network.refuse(
                f"file descriptor {fd} of the operating system",
                "Only simulated sockets are watched.",
            )
        if fd in self._keys:
            raise KeyError(f"{fileobj!r} (FD {fd}) is already registered")
        self._candidates[fd] = None
        key = self._keys[fd] = SelectorKey(fileobj, fd, events, data)
        return key

    def unregister(self, fileobj: Any) -> SelectorKey:
        """Watch a socket no longer."""
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        self._candidates.pop(fd, None)
        return self._keys.pop(fd)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> SelectorKey:
        """Watch a socket for something else."""
        self.unregister(fileobj)
        return self.register(fileobj, events, data)

    def get_map(self) -> Mapping[Any, SelectorKey]:
        """Return what is watched, by number."""
        return self._keys

    def close(self) -> None:
        """Forget everything."""
        self._keys.clear()
        self._candidates.clear()

    def touched(self, fd: int) -> None:
        """A socket's readiness may have changed."""
        if fd in self._keys:
            self._candidates[fd] = None

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return what is ready; wait, in virtual time, until something is or the time is over."""
        if self._limit_ns is not None and Real.monotonic_ns() > self._limit_ns:
            self._too_long()
        network, clock = self._network, self._network.clock
        network.run_due()
        ready = self._ready()
        if timeout is not None and timeout <= 0:
            return ready
        # At least 1 ns: a caller whose deadline is a fraction of it away asks again, for ever.
        until_ns = None if timeout is None else clock.now_ns + max(1, round(timeout * NS))
        while not ready:
            next_ns = network.next_ns
            if next_ns is None or (until_ns is not None and next_ns > until_ns):
                if until_ns is None:
                    self._deadlocked()
                clock.advance_to(until_ns)
                break
            clock.advance_to(next_ns)
            network.run_due()
            ready = self._ready()
        return ready

    def _ready(self) -> list[tuple[SelectorKey, int]]:
        found: list[tuple[SelectorKey, int]] = []
        for fd in list(self._candidates):
            key, watched = self._keys[fd], self._network.find(fd)
            events = 0 if watched is None else watched.readiness() & key.events
            if events:
                found.append((key, events))
            else:
                del self._candidates[fd]
        return found


class SimulatedPoll:
    """Stands in for `select.poll`, which HTTP clients ask whether a pooled connection has ended."""

    def __init__(self, find: Callable[[int], Any], real: Any) -> None:
        self._find = find
        self._real = real
        self._watched: dict[int, int] = {}
        self._others = False

    def register(self, fd: Any, eventmask: int = 0x7) -> None:
        """Watch a descriptor, simulated or not."""
        number = fd if isinstance(fd, int) else fd.fileno()
        if self._find(number) is None:
            self._others = True
            self._real.register(fd, eventmask)
        else:
            self._watched[number] = eventmask

    def modify(self, fd: Any, eventmask: int) -> None:
        """Watch a descriptor for something else."""
        self.register(fd, eventmask)

    def unregister(self, fd: Any) -> None:
        """Watch a descriptor no longer."""
        number = fd if isinstance(fd, int) else fd.fileno()
        if self._watched.pop(number, None) is None:
            self._real.unregister(fd)

    def poll(self, timeout: float | None = None) -> list[tuple[int, int]]:
        """Return what is ready now; a simulated one isn't waited for."""
        found: list[tuple[int, int]] = []
        for number, mask in self._watched.items():
            watched = self._find(number)
            ready = EVENT_READ | EVENT_WRITE if watched is None else watched.readiness()
            events = mask & (
                (select.POLLIN if ready & EVENT_READ else 0)
                | (select.POLLOUT if ready & EVENT_WRITE else 0)
            )
            if events:
                found.append((number, events))
        return found + (self._real.poll(0 if self._watched else timeout) if self._others else [])


def _after(limit_s: float) -> int:
    return Real.monotonic_ns() + round(limit_s * NS)
