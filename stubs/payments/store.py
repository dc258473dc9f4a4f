"""The tables `payments` and `refunds`."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.payments.schemas import Payment, Refund
from stubs.payments.tables import PAYMENTS, REFUNDS


@dataclass(frozen=True)
class Kept:
    """A payment as it is kept.

    Attributes:
        payment: what the world sees of it.
        version: its revision; grows by one with each change.
        decline_reason: why the acquirer refused; None unless it did.
        processing_since_ms: when the acquirer was first asked, milliseconds since 1970.
        trace_id: of the request that made it ask.
    """

    payment: Payment
    version: int = 1
    decline_reason: str | None = None
    processing_since_ms: int | None = None
    trace_id: str | None = None

    def changed(self, now: str, **changes: Any) -> "Kept":
        """The next revision, with these fields of the payment or of this value changed."""
        own = {name: changes.pop(name) for name in _OWN if name in changes}
        payment = self.payment.model_copy(update={**changes, "updated_at": now})
        fields = {name: getattr(self, name) for name in _OWN} | own
        return Kept(payment, self.version + 1, **fields)


_OWN = ("decline_reason", "processing_since_ms", "trace_id")


async def find(
    connection: AsyncConnection, payment_id: str, *, to_change: bool = False
) -> Kept | None:
    """The payment with this id; locked until the transaction ends if it is going to be changed."""
    statement = select(PAYMENTS).where(PAYMENTS.c.id == payment_id)
    rows = await connection.execute(statement.with_for_update() if to_change else statement)
    row = rows.first()
    return None if row is None else _kept(row)


async def find_processing(connection: AsyncConnection, after: str, limit: int) -> list[Kept]:
    """Payments whose end isn't known, in the order of their ids, from the one after this."""
    rows = await connection.execute(
        select(PAYMENTS)
        .where(PAYMENTS.c.status == "processing", PAYMENTS.c.id > after)
        .order_by(PAYMENTS.c.id)
        .limit(limit)
    )
    return [_kept(row) for row in rows]


async def save(connection: AsyncConnection, kept: Kept) -> None:
    """Write a payment; version 1 is a new row."""
    values = kept.payment.model_dump() | {name: getattr(kept, name) for name in _OWN}
    values["version"] = kept.version
    if kept.version == 1:
        await connection.execute(insert(PAYMENTS).values(values))
    else:
        await connection.execute(
            update(PAYMENTS).where(PAYMENTS.c.id == kept.payment.id).values(values)
        )


async def add_refund(connection: AsyncConnection, refund: Refund) -> None:
    """Write a refund."""
    await connection.execute(insert(REFUNDS).values(refund.model_dump()))


def _kept(row: Row[Any]) -> Kept:
    fields = dict(row._mapping)
    own = {name: fields.pop(name) for name in (*_OWN, "version")}
    return Kept(Payment.model_construct(**fields), **own)
