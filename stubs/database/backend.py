"""What the two kinds of database do differently."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Backend(Protocol):
    """One kind of database, at one place."""

    place: str
    """Where it is, for a person; without the password."""
    engine: AsyncEngine

    async def prepare(self) -> None:
        """What must be so before the first transaction; may be done by two processes at once."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that sees one consistent state."""

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction: committed at the end, undone when an error leaves it."""

    def alone(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Whether no other process does what has this name, which then none does meanwhile."""

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Let no other process look at or change the tables' shape until the transaction ends."""

    def is_away(self, error: Exception) -> bool:
        """Whether the database couldn't be asked, rather than it having refused what was asked."""

    def mend(self, error: Exception) -> str:
        """What a person can do about an error at the start that waiting won't cure, else empty."""
