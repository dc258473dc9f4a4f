"""The tables `jobs`, `proposals` and `users`."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.database import Schema
from stubs.events.outbox import Outbox
from stubs.marketplace.schemas import JobPosting, Proposal, RateRange

METADATA = MetaData()
OUTBOX = Outbox(METADATA)
SCHEMA = Schema(METADATA, Path(__file__).parent / "migrations", head="0001")

_JOBS = Table(
    "jobs",
    METADATA,
    # The order in which they were posted: a time may be the same twice.
    Column(
        "sequence",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=True,
    ),
    Column("id", String(36), nullable=False, unique=True),
    Column("version", BigInteger, nullable=False),
    Column("company_id", String(128), nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("rate_min", BigInteger),
    Column("rate_max", BigInteger),
    Column("budget", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("tags", Text, nullable=False),  # JSON
    Column("skills_required", Text, nullable=False),  # JSON
    Column("remote", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("proposal_count", BigInteger, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index("jobs_of_a_company", "company_id", "sequence"),
    sqlite_autoincrement=True,
)
_PROPOSALS = Table(
    "proposals",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("job_posting_id", String(36), nullable=False),
    Column("user_id", String(128), nullable=False, index=True),
    Column("cover_letter", Text, nullable=False),
    Column("bid_amount", BigInteger, nullable=False),
    Column("bid_type", String(16), nullable=False),
    Column("delivery_time", String(200), nullable=False),
    Column("status", String(16), nullable=False),
    Column("payment_id", String(128)),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    UniqueConstraint("job_posting_id", "user_id", name="one_proposal_a_user"),
)
# A row for each user who ever did something here, to be held while a user does or ends something;
# and for each who was deleted, a tombstone.
_USERS = Table(
    "users",
    METADATA,
    Column("id", String(128), primary_key=True),
    Column("version", BigInteger, nullable=False),  # of the newest event, 0 before the first
    Column("gone", Boolean, nullable=False),
    Column("event_id", String(64)),  # of that event
)


class ProposedTwiceError(Exception):
    """The user has proposed for this job before."""


async def add_job(connection: AsyncConnection, job: JobPosting) -> None:
    """Write a new job posting."""
    values = job.model_dump(exclude={"rate_range"})
    values["tags"] = json.dumps(job.tags)
    values["skills_required"] = json.dumps(job.skills_required)
    if job.rate_range is not None:
        values |= {"rate_min": job.rate_range.min, "rate_max": job.rate_range.max}
    await connection.execute(insert(_JOBS).values(version=1, **values))


async def find_job(
    connection: AsyncConnection, job_id: str, *, to_change: bool = False
) -> JobPosting | None:
    """The job posting with this id; one that is going to change waits for others who change it."""
    query = select(_JOBS).where(_JOBS.c.id == job_id)
    row = (await connection.execute(_locked(query, to_change))).first()
    return None if row is None else _job(row)


async def find_jobs(
    connection: AsyncConnection, company_id: str, limit: int, before: int | None
) -> list[tuple[int, JobPosting]]:
    """A company's job postings with their places in the order of posting, the newest first.

    Args:
        connection: to read with.
        company_id: whose they are.
        limit: how many at most.
        before: only those with a smaller place.
    """
    query = select(_JOBS).where(_JOBS.c.company_id == company_id)
    if before is not None:
        query = query.where(_JOBS.c.sequence < before)
    rows = await connection.execute(query.order_by(_JOBS.c.sequence.desc()).limit(limit))
    return [(row.sequence, _job(row)) for row in rows]


async def count_proposal(connection: AsyncConnection, job_id: str) -> None:
    """One more was made for this job."""
    await connection.execute(
        update(_JOBS).where(_JOBS.c.id == job_id).values(proposal_count=_JOBS.c.proposal_count + 1)
    )


async def close_jobs(connection: AsyncConnection, company_id: str, now: str) -> int:
    """Close what a company has posted; returns how many were open."""
    done = await connection.execute(
        update(_JOBS)
        .where(_JOBS.c.company_id == company_id, _JOBS.c.status == "open")
        .values(status="closed", version=_JOBS.c.version + 1, updated_at=now)
    )
    return done.rowcount


async def add_proposal(connection: AsyncConnection, proposal: Proposal) -> None:
    """Write a new proposal.

    Raises:
        ProposedTwiceError: there is one; the transaction is of no more use.
    """
    try:
        await connection.execute(insert(_PROPOSALS).values(proposal.model_dump()))
    except IntegrityError:
        raise ProposedTwiceError(proposal.user_id) from None


async def find_proposal(connection: AsyncConnection, proposal_id: str) -> Proposal | None:
    """The proposal with this id."""
    rows = await connection.execute(select(_PROPOSALS).where(_PROPOSALS.c.id == proposal_id))
    row = rows.first()
    return None if row is None else Proposal.model_construct(**row._mapping)


async def accept_proposal(
    connection: AsyncConnection, proposal_id: str, payment_id: str, now: str
) -> bool:
    """Mark a pending proposal as accepted; false when it isn't pending any more."""
    done = await connection.execute(
        update(_PROPOSALS)
        .where(_PROPOSALS.c.id == proposal_id, _PROPOSALS.c.status == "pending")
        .values(status="accepted", payment_id=payment_id, updated_at=now)
    )
    return bool(done.rowcount)


async def withdraw_proposals(connection: AsyncConnection, user_id: str, now: str) -> int:
    """Withdraw what a user has proposed and nobody decided on; returns how many."""
    done = await connection.execute(
        update(_PROPOSALS)
        .where(_PROPOSALS.c.user_id == user_id, _PROPOSALS.c.status == "pending")
        .values(status="withdrawn", updated_at=now)
    )
    return done.rowcount


async def hold_user(connection: AsyncConnection, user_id: str) -> Row[Any]:
    """A user's row, made if there is none, and held until the transaction ends.

    What a user does and the end of all that it did come so one after the other.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(_USERS).values(id=user_id, version=0, gone=False)
    await connection.execute(new.on_conflict_do_nothing())
    query = select(_USERS).where(_USERS.c.id == user_id).with_for_update()
    return (await connection.execute(query)).one()


async def mark_user(
    connection: AsyncConnection, user_id: str, version: int, event_id: str, *, gone: bool
) -> None:
    """Write what the newest event said of a user who has a row."""
    await connection.execute(
        update(_USERS)
        .where(_USERS.c.id == user_id)
        .values(version=version, event_id=event_id, gone=gone)
    )


async def has_row(connection: AsyncConnection, user_id: str) -> bool:
    """Return whether anything is kept about this user."""
    rows = await connection.execute(select(_USERS.c.id).where(_USERS.c.id == user_id))
    return rows.first() is not None


async def is_gone(connection: AsyncConnection, user_id: str) -> bool:
    """Return whether this user was deleted, as far as events said."""
    rows = await connection.execute(select(_USERS.c.gone).where(_USERS.c.id == user_id))
    return bool(rows.scalar())


def _locked(query: Select[Any], to_change: bool) -> Select[Any]:
    return query.with_for_update() if to_change else query


def _job(row: Row[Any]) -> JobPosting:
    values = dict(row._mapping)
    low, high = values.pop("rate_min"), values.pop("rate_max")
    values["rate_range"] = None if low is None else RateRange.model_construct(min=low, max=high)
    values["tags"] = json.loads(values["tags"])
    values["skills_required"] = json.loads(values["skills_required"])
    del values["sequence"], values["version"]
    return JobPosting.model_construct(**values)
