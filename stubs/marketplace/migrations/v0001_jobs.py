"""Jobs, proposals, users who did something here, and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outbox",
        sa.Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.String(64), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    _create_jobs()
    _create_proposals()
    op.create_table(
        "users",
        sa.Column("id", sa.String(128), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
        sa.Column("event_id", sa.String(64)),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("sequence", _SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("company_id", sa.String(128), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("rate_min", sa.BigInteger),
        sa.Column("rate_max", sa.BigInteger),
        sa.Column("budget", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("skills_required", sa.Text, nullable=False),
        sa.Column("remote", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("proposal_count", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_of_a_company", "jobs", ["company_id", "sequence"])


def _create_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("job_posting_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(128), nullable=False, index=True),
        sa.Column("cover_letter", sa.Text, nullable=False),
        sa.Column("bid_amount", sa.BigInteger, nullable=False),
        sa.Column("bid_type", sa.String(16), nullable=False),
        sa.Column("delivery_time", sa.String(200), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("payment_id", sa.String(128)),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32), nullable=False),
        sa.UniqueConstraint("job_posting_id", "user_id", name="one_proposal_a_user"),
    )
