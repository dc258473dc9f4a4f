"""The facts that a provider's process needs to know of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from sqlalchemy import MetaData, Table, delete

from seatrial.pacts import Messages, States
from stubs.database import Database
from stubs.events.outbox import Outbox


async def empty(database: Database, tables: MetaData, *, keep: Table | None = None) -> None:
    """Leave the tables, and nothing in them; what is in the one to `keep` stays."""
    async with database.writing() as connection:
        for table in reversed(tables.sorted_tables):
            if table is not keep:
                await connection.execute(delete(table))


async def _nothing() -> None:
    """There is nothing to forget."""


@dataclass(frozen=True)
class Shipped:
    """A provider as it ships, running.

    Attributes:
        app: the application.
        subject: what the handlers of its states get.
        states: those handlers.
        messages: what makes it send its messages.
        tables: those of its database, which are emptied before each interaction, except the outbox.
        outbox: where its events wait.
        forget: brings back to the start what isn't in the database.
    """

    app: FastAPI
    subject: Any
    states: States[Any]
    messages: Messages[Any]
    tables: MetaData
    outbox: Outbox
    forget: Callable[[], Awaitable[None]] = _nothing
