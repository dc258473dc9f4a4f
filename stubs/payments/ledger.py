"""The ledger: every movement of money twice, as a debit here and a credit there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.payments.schemas import LedgerEntry
from stubs.payments.tables import LEDGER


@dataclass(frozen=True)
class Movement:
    """Money that goes from one account to another.

    Attributes:
        transaction_id: of the charge or refund.
        payment_id: the payment that it belongs to.
        debited: the account that it leaves.
        credited: the account that it reaches.
        amount: minor units.
        currency: ISO 4217.
        at: when, ISO 8601 UTC.
    """

    transaction_id: str
    payment_id: str
    debited: str
    credited: str
    amount: int
    currency: str
    at: str


def account_of(user_id: str) -> str:
    """The account of a user."""
    return f"user:{user_id}"


async def write(connection: AsyncConnection, movement: Movement, new_id: Callable[[], str]) -> None:
    """Write both sides. It should be the last that a transaction does: others wait from then on."""
    if connection.dialect.name == "postgresql":
        # Numbers are given in the order of the commits: who reads page after page misses nothing.
        await connection.execute(text("LOCK TABLE ledger IN SHARE ROW EXCLUSIVE MODE"))
    sides = (("debit", movement.debited), ("credit", movement.credited))
    await connection.execute(
        insert(LEDGER),
        [
            {
                "id": new_id(),
                "transaction_id": movement.transaction_id,
                "payment_id": movement.payment_id,
                "account": account,
                "direction": direction,
                "amount": movement.amount,
                "currency": movement.currency,
                "created_at": movement.at,
            }
            for direction, account in sides
        ],
    )


async def read(
    connection: AsyncConnection, before: int | None, limit: int
) -> tuple[list[LedgerEntry], int | None]:
    """A page of entries, the newest first, and where the next one begins; None after the last.

    Args:
        connection: of the database.
        before: where the page begins; None: with the newest.
        limit: entries at most.
    """
    statement = select(LEDGER).order_by(LEDGER.c.sequence.desc()).limit(limit + 1)
    if before is not None:
        statement = statement.where(LEDGER.c.sequence < before)
    rows = list(await connection.execute(statement))
    following = rows[limit - 1].sequence if len(rows) > limit else None
    return [_entry(row) for row in rows[:limit]], following


def _entry(row: Row[Any]) -> LedgerEntry:
    fields = {name: value for name, value in row._mapping.items() if name != "sequence"}
    return LedgerEntry.model_construct(**fields)
