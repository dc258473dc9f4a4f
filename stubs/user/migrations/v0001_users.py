"""Users and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outbox",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("email_key", sa.String(64), unique=True),
        sa.Column("role", sa.String(16)),
        sa.Column("name", sa.String(200)),
        sa.Column("avatar", sa.String(2048)),
        sa.Column("verification_level", sa.String(16)),
    )
