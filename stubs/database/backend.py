"""The differences between the two kinds of database."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class Backend(Protocol):
    """One kind of database, at one place."""

    place: str
    """Where it is, for a person; without the password."""
    engine: AsyncEngine

    async def prepare(self) -> None:
        """Prepare for the first transaction; two processes may do it at once."""

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection that sees one consistent state."""

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction: committed at the end, undone when an error leaves it."""

    def alone(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Say whether no other process does what has this name; within the block none does."""

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Let no other process look at or change the tables' shape until the transaction ends."""

    def is_down(self, error: Exception) -> bool:
        """Return whether the database couldn't be asked, rather than it having refused."""

    def fix(self, error: Exception) -> str:
        """Return how to fix an error at the start that waiting won't cure, else an empty text."""
