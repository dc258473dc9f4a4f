"""The outbox: events in the same database, and the same transaction, as their change."""

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class OutboxEntry:
    """An event that waits to be sent: its place in the order, its stream, the message."""

    sequence: int
    stream: str
    message: str


class Outbox:
    """The table `outbox`; a row lives until its event was sent.

    Attributes:
        table: that table.
    """

    def __init__(self, metadata: MetaData) -> None:
        self.table = Table(
            "outbox",
            metadata,
            Column(
                "sequence",
                # SQLite numbers rows by itself only where the type is called INTEGER.
                BigInteger().with_variant(Integer, "sqlite"),
                primary_key=True,
                autoincrement=True,
            ),
            Column("stream", String(64), nullable=False),
            Column("message", Text, nullable=False),
            # Without it SQLite would give a number again once its row is gone.
            sqlite_autoincrement=True,
        )
        columns = self.table.c
        # Made once: it is run every second.
        self._oldest = (
            select(columns.sequence, columns.stream, columns.message)
            .order_by(columns.sequence)
            .limit(bindparam("most"))
        )

    async def add(self, connection: AsyncConnection, stream: str, message: str) -> None:
        """Put an event behind those that wait; it counts once the transaction is committed."""
        await connection.execute(insert(self.table).values(stream=stream, message=message))

    async def waiting(self, connection: AsyncConnection, limit: int) -> list[OutboxEntry]:
        """The oldest events that wait, in their order."""
        rows = await connection.execute(self._oldest, {"most": limit})
        return [OutboxEntry(*row) for row in rows]

    async def remove(self, connection: AsyncConnection, sequences: list[int]) -> None:
        """Forget events that were sent."""
        await connection.execute(delete(self.table).where(self.table.c.sequence.in_(sequences)))

    async def count(self, connection: AsyncConnection) -> int:
        """Return how many wait."""
        rows = await connection.execute(select(func.count()).select_from(self.table))
        return int(rows.scalar_one())
