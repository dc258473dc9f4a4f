"""The table of idempotency keys: who works under one, and what was answered."""

import secrets
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class Held:
    """A key that is ours while we work: nobody else has the owner's word."""

    scope: str
    owner: str


@dataclass(frozen=True)
class KeptAnswer:
    """An answer that was given under a key."""

    status: int
    headers: str
    """JSON, a list of pairs."""
    body: bytes


class KeyTable:
    """The table `idempotency_keys` in a service's own database. Times are milliseconds."""

    def __init__(self, metadata: MetaData) -> None:
        self._table = Table(
            "idempotency_keys",
            metadata,
            Column("scope", String(64), primary_key=True),
            Column("fingerprint", String(64), nullable=False),
            Column("owner", String(32), nullable=False),
            Column("held_until", BigInteger, nullable=False),
            Column("created_at", BigInteger, nullable=False, index=True),
            Column("status", Integer),  # NULL while the work goes on
            Column("headers", Text),
            Column("body", LargeBinary),
        )

    async def find(self, connection: AsyncConnection, scope: str) -> Row[tuple[object, ...]] | None:
        """The row of a key, which nobody changes before this transaction ends."""
        query = select(self._table).where(self._table.c.scope == scope).with_for_update()
        return (await connection.execute(query)).first()

    async def hold_new(
        self, connection: AsyncConnection, scope: str, fingerprint: str, now: int, until: int
    ) -> Held:
        """Begin to work under a key that nobody used.

        Raises:
            IntegrityError: somebody began in this moment.
        """
        held = Held(scope, secrets.token_hex(16))
        await connection.execute(
            insert(self._table).values(
                scope=scope,
                fingerprint=fingerprint,
                owner=held.owner,
                held_until=until,
                created_at=now,
            )
        )
        return held

    async def take_over(self, connection: AsyncConnection, scope: str, until: int) -> Held:
        """Work under a key whose owner is gone."""
        held = Held(scope, secrets.token_hex(16))
        await connection.execute(
            update(self._table)
            .where(self._table.c.scope == scope)
            .values(owner=held.owner, held_until=until)
        )
        return held

    async def hold_on(self, connection: AsyncConnection, held: Held, until: int) -> bool:
        """Say that the work goes on; false when the key isn't ours any more."""
        done = await connection.execute(
            update(self._table).where(*self._ours(held)).values(held_until=until)
        )
        return bool(done.rowcount)

    async def keep(self, connection: AsyncConnection, held: Held, answer: KeptAnswer) -> bool:
        """Keep the answer; false when the key isn't ours any more."""
        done = await connection.execute(
            update(self._table)
            .where(*self._ours(held))
            .values(status=answer.status, headers=answer.headers, body=answer.body)
        )
        return bool(done.rowcount)

    async def release(self, connection: AsyncConnection, held: Held) -> None:
        """Forget a key under which nothing was answered that could be replayed."""
        await connection.execute(delete(self._table).where(*self._ours(held)))

    async def forget(self, connection: AsyncConnection, before: int) -> None:
        """Forget the keys from before this time."""
        await connection.execute(delete(self._table).where(self._table.c.created_at < before))

    def _ours(self, held: Held) -> tuple[ColumnElement[bool], ...]:
        columns = self._table.c
        return columns.scope == held.scope, columns.owner == held.owner, columns.status.is_(None)
