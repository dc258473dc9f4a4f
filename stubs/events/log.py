"""The log that events go through: streams of entries, in order. Each broker is one adapter to it.

Whatever a broker raises when it is down goes through to the caller, who tries again.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

Position = tuple[int, ...]
"""A place in a stream; a later entry has a greater one."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of a stream.

    Attributes:
        position: its place.
        message: what was appended; empty where an entry holds something else.
        deliveries: how often a group has given it out.
    """

    position: Position
    message: bytes
    deliveries: int = 1

    @property
    def id(self) -> str:
        """Its place as text."""
        return "-".join(map(str, self.position))


class Follower(Protocol):
    """One connection that reads every entry of a stream; an error ends it."""

    async def end(self) -> Position:
        """Return the place of the last entry, or one before all entries."""

    async def holds(self, position: Position) -> bool:
        """Return whether the entry is there still, and so all that came after it."""

    async def read(self, after: Position, wait_s: float) -> list[LogEntry]:
        """Return the next entries after a place; wait this long for one."""


class Member(Protocol):
    """One of a group whose members share a stream: each entry is given to one of them."""

    async def enter(self) -> None:
        """Make the group where there is none, at the stream's beginning."""

    async def read_begun(self) -> list[LogEntry]:
        """Return the next entries that this member was given and hasn't acknowledged."""

    async def read_new(self) -> list[LogEntry]:
        """Return the next entries that nobody was given; wait a moment for one."""

    def take_over(self) -> AsyncIterator[LogEntry]:
        """Return, one after the other, what others were given and didn't acknowledge in time."""

    async def acknowledge(self, entry: LogEntry) -> None:
        """Be done with an entry."""


class EventLog(Protocol):
    """A broker's streams."""

    async def append(self, messages: Sequence[tuple[str, str]]) -> None:
        """Append each message to its stream, all or none, and announce it to plain subscribers."""

    async def check(self) -> None:
        """Raise what the broker raises when it is down."""

    def follow(self, stream: str) -> AbstractAsyncContextManager[Follower]:
        """Open a connection that reads every entry."""

    def join(self, stream: str, group: str, member: str, idle_s: float) -> Member:
        """Be a member of a group, who takes over what others haven't acknowledged for `idle_s`."""

    async def put_aside(self, stream: str, entry: LogEntry, reason: str) -> None:
        """Keep an entry that can't be handled where a person can look at it, once."""

    async def close(self) -> None:
        """Close the connections."""
