"""The table `charges`: one row a reference, which is its idempotency."""

from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.acquirer.schemas import Charge
from stubs.database import Schema

METADATA = MetaData()
SCHEMA = Schema(METADATA, Path(__file__).parent / "migrations", head="0001")

_CHARGES = Table(
    "charges",
    METADATA,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("reference", String(128), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("amount", BigInteger),
    Column("currency", String(3)),
    Column("reason", String(64)),
    Column("created_at", String(32), nullable=False),
)


async def find(connection: AsyncConnection, reference: str) -> Charge | None:
    """Return what became of this reference."""
    rows = await connection.execute(select(_CHARGES).where(_CHARGES.c.reference == reference))
    row = rows.first()
    return None if row is None else _charge(row)


async def add(connection: AsyncConnection, charge: Charge) -> None:
    """Write what became of a new reference."""
    await connection.execute(insert(_CHARGES).values(charge.model_dump()))


async def all_charged(connection: AsyncConnection) -> list[Charge]:
    """The charges that moved money, the oldest first."""
    rows = await connection.execute(
        select(_CHARGES).where(_CHARGES.c.status == "charged").order_by(_CHARGES.c.sequence)
    )
    return [_charge(row) for row in rows]


def _charge(row: Row[Any]) -> Charge:
    fields = {name: value for name, value in row._mapping.items() if name != "sequence"}
    return Charge.model_construct(**fields)
