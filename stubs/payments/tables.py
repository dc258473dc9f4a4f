"""The tables of payments-service."""

from pathlib import Path

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table

from stubs.database import Schema
from stubs.events.outbox import Outbox
from stubs.web.key_table import KeyTable

METADATA = MetaData()
OUTBOX = Outbox(METADATA)
KEYS = KeyTable(METADATA)
SCHEMA = Schema(METADATA, Path(__file__).parent / "migrations", head="0001")

_ID = String(64)

PAYMENTS = Table(
    "payments",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("payer_id", String(128), nullable=False),
    Column("receiver_id", String(128), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("proposal_id", String(128)),
    Column("job_posting_id", String(128)),
    Column("payment_method", String(128)),
    Column("status", String(24), nullable=False),
    Column("refunded_amount", BigInteger, nullable=False),
    Column("decline_reason", String(128)),
    # Milliseconds since 1970: when the acquirer was first asked.
    Column("processing_since_ms", BigInteger),
    Column("trace_id", String(128)),
    Column("version", BigInteger, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
)
Index("payments_in_processing", PAYMENTS.c.status, PAYMENTS.c.id)

REFUNDS = Table(
    "refunds",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("payment_id", _ID, ForeignKey(PAYMENTS.c.id), nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", String(32), nullable=False),
)

# Rows are only ever added.
LEDGER = Table(
    "ledger",
    METADATA,
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),  # SQLite counts in INTEGER alone
        primary_key=True,
        autoincrement=True,
    ),
    Column("id", _ID, nullable=False, unique=True),
    Column("transaction_id", _ID, nullable=False),
    Column("payment_id", _ID, ForeignKey(PAYMENTS.c.id), nullable=False),
    Column("account", String(160), nullable=False),
    Column("direction", String(8), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", String(32), nullable=False),
    sqlite_autoincrement=True,
)

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("holder", String(64), nullable=False),
    # Milliseconds since 1970.
    Column("until_ms", BigInteger, nullable=False),
)
