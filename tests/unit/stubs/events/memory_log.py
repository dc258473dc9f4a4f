"""An event log in memory: the adapter that unit tests use."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from stubs.events.log import LogEntry, Member, Position
from stubs.events.messages import UserEvent


class LogDownError(Exception):
    """Raised while it is down."""


class MemoryLog:
    """An `EventLog` of one stream for each name; `down` breaks every call.

    Attributes:
        entries: of each stream.
        batches: what each append brought.
        dead: message and reason of what was put aside.
        down: whether nothing works.
        refusals: how many appends are still refused.
    """

    def __init__(self) -> None:
        self.entries: dict[str, list[LogEntry]] = {}
        self.batches: list[list[str]] = []
        self.dead: list[tuple[bytes, str]] = []
        self.down = False
        self.refusals = 0
        self._number = 0

    def add(self, stream: str, message: bytes | UserEvent) -> None:
        """Append one message, without fail."""
        self._number += 1
        raw = message if isinstance(message, bytes) else message.encode().encode()
        self.entries.setdefault(stream, []).append(LogEntry((self._number,), raw))

    async def append(self, messages: Sequence[tuple[str, str]]) -> None:
        """Append all or none."""
        self._answer()
        if self.refusals:
            self.refusals -= 1
            raise LogDownError("refused")
        for stream, message in messages:
            self.add(stream, message.encode())
        self.batches.append([message for _, message in messages])

    async def check(self) -> None:
        """Raise while it is down."""
        self._answer()

    @asynccontextmanager
    async def follow(self, stream: str) -> AsyncIterator["MemoryFollower"]:
        """Read every entry."""
        yield MemoryFollower(self, stream)

    def join(self, stream: str, group: str, member: str, idle_s: float) -> Member:
        """No test needs it: groups are tested on a real Valkey."""
        raise NotImplementedError

    async def put_aside(self, stream: str, entry: LogEntry, reason: str) -> None:
        """Keep what can't be handled."""
        self._answer()
        self.dead.append((entry.message, reason))

    async def close(self) -> None:
        """Nothing is open."""

    def read(self, stream: str) -> list[LogEntry]:
        """Return all entries of a stream."""
        self._answer()
        return self.entries.get(stream, [])

    def _answer(self) -> None:
        if self.down:
            raise LogDownError("refused")


class MemoryFollower:
    """A `Follower`."""

    def __init__(self, log: MemoryLog, stream: str) -> None:
        self._log = log
        self._stream = stream

    async def end(self) -> Position:
        """Return the last place."""
        entries = self._log.read(self._stream)
        return entries[-1].position if entries else (0,)

    async def holds(self, position: Position) -> bool:
        """Return whether it is there."""
        return any(each.position == position for each in self._log.read(self._stream))

    async def read(self, after: Position, wait_s: float) -> list[LogEntry]:
        """Return at most 500 entries; wait for one, 10 ms at a time."""
        for _ in range(round(wait_s / 0.01) + 1):
            found = [each for each in self._log.read(self._stream) if each.position > after]
            if found:
                return found[:500]
            await asyncio.sleep(0.01)
        return []
