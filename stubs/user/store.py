"""The table `users`."""

import hashlib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, String, Table, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.database import Schema
from stubs.events.outbox import Outbox
from stubs.user.schemas import SharedUser

METADATA = MetaData()
OUTBOX = Outbox(METADATA)
SCHEMA = Schema(METADATA, Path(__file__).parent / "migrations", head="0001")

# A deleted user's row stays as a tombstone, emptied but for id and version: if the id is ever
# used again, its version goes on growing. It holds no e-mail, so the address is free.
_USERS = Table(
    "users",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("email", String(254)),
    Column("email_key", String(64), unique=True),
    Column("role", String(16)),
    Column("name", String(200)),
    Column("avatar", String(2048)),
    Column("verification_level", String(16)),
)
_OPTIONAL = ("name", "avatar", "verification_level")
_LIVES = _USERS.c.email_key.is_not(None)


class EmailTakenError(Exception):
    """Another user has this e-mail address, in whatever case."""


async def find(
    connection: AsyncConnection, user_id: str, *, to_change: bool = False
) -> SharedUser | None:
    """The user with this id; one that is going to change waits for others who change it."""
    query = select(_USERS).where(_USERS.c.id == user_id, _LIVES)
    rows = await connection.execute(query.with_for_update() if to_change else query)
    row = rows.first()
    return None if row is None else _user(row)


async def find_all(connection: AsyncConnection, user_ids: Iterable[str]) -> list[SharedUser]:
    """The users with these ids; those that aren't known are left out."""
    rows = await connection.execute(select(_USERS).where(_USERS.c.id.in_(user_ids), _LIVES))
    return [_user(row) for row in rows]


async def last_version(connection: AsyncConnection, user_id: str) -> int:
    """The newest version that this id ever had, also after a deletion; 0 for a new id."""
    query = select(_USERS.c.version).where(_USERS.c.id == user_id).with_for_update()
    rows = await connection.execute(query)
    return rows.scalar() or 0


async def save(connection: AsyncConnection, user: SharedUser) -> None:
    """Write a user; version 1 is a new row.

    Raises:
        EmailTakenError: another user has the address; the transaction is of no more use.
    """
    values = user.model_dump()
    values["email_key"] = email_key(user.email)
    statement = (
        insert(_USERS).values(values)
        if user.version == 1
        else update(_USERS).where(_USERS.c.id == user.id).values(values)
    )
    try:
        await connection.execute(statement)
    except IntegrityError:
        raise EmailTakenError(user.email) from None


async def leave_tombstone(connection: AsyncConnection, user_id: str, version: int) -> None:
    """Delete a user; its tombstone has this version."""
    empty: dict[str, Any] = dict.fromkeys(("email", "email_key", "role", *_OPTIONAL))
    await connection.execute(
        update(_USERS).where(_USERS.c.id == user_id).values(version=version, **empty)
    )


def email_key(email: str) -> str:
    """Return what two addresses share that count as the same, whatever their case and accents.

    A digest, since one character may become eighteen, and an index takes no text of any length.
    """
    same = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email).casefold())
    return hashlib.sha256(same.encode()).hexdigest()


def _user(row: Row[Any]) -> SharedUser:
    fields = {name: value for name, value in row._mapping.items() if name != "email_key"}
    return SharedUser.model_construct(**fields)
