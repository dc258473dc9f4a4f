"""A service's own database: SQLAlchemy over an SQLite file."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, MetaData, event, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from seatrial.errors import UsageError

_EXAMPLE = "sqlite:///users.sqlite"
_TRIES = 100
_PAUSE_S = 0.05
_PRAGMAS = (
    "PRAGMA busy_timeout=5000",  # milliseconds, for a writer in another process
    "PRAGMA synchronous=NORMAL",  # with WAL: safe against a killed process
    "PRAGMA foreign_keys=ON",
)


class Database:
    """Connections to one database; one writer at a time, any number of readers.

    Raises:
        UsageError: the URL names no database that is known here.
    """

    def __init__(self, url: str) -> None:
        self._url = _parsed(url)
        self._engine = create_async_engine(self._url)
        # SQLite has one writer; waiting here is fair, waiting in SQLite is a poll.
        self._writer = asyncio.Lock()
        event.listen(self._engine.sync_engine, "connect", _prepare)
        event.listen(self._engine.sync_engine, "begin", _begin)

    async def create(self, metadata: MetaData) -> None:
        """Create the tables that aren't there yet; safe when two processes do it at once.

        Raises:
            UsageError: the database can't be opened.
        """
        try:
            await self._keep_a_log()
            async with self.writing() as connection:
                await connection.run_sync(metadata.create_all)
        except DBAPIError as error:
            reason = str(error.orig)
            raise UsageError(
                f"DATABASE_URL: {self._url.database!r} can't be used ({reason}); "
                f"name a file in a folder that can be written, like {_EXAMPLE}"
            ) from error

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A connection to read with; it sees one consistent state."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction: committed at the end, undone when an error leaves it."""
        async with self._writer, self._engine.connect() as plain:
            connection = await plain.execution_options(begin="BEGIN IMMEDIATE")
            async with connection.begin():
                yield connection

    async def check(self) -> None:
        """Ask the database for something; raises when it is away."""
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def _keep_a_log(self) -> None:
        """Write ahead, so that readers don't wait for the writer; the file remembers it.

        Two processes that do it to a new file at once lock each other out, whatever the busy
        timeout is; so it is tried again.
        """
        for left in reversed(range(_TRIES)):
            try:
                async with self._engine.connect() as plain:
                    connection = await plain.execution_options(begin=None)
                    await connection.execute(text("PRAGMA journal_mode=WAL"))
                    return
            except OperationalError as error:
                if not left or "locked" not in str(error.orig):
                    raise
            await asyncio.sleep(_PAUSE_S)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(f"DATABASE_URL isn't a database URL like {_EXAMPLE}") from None
    if parsed.drivername not in {"sqlite", "sqlite+aiosqlite"}:
        raise UsageError(f"DATABASE_URL: {parsed.drivername!r} isn't known; use {_EXAMPLE}")
    if not parsed.database or parsed.database == ":memory:":
        # Each connection would see a database of its own.
        raise UsageError(f"DATABASE_URL names no file; use one, like {_EXAMPLE}")
    if not Path(parsed.database).parent.is_dir():
        raise UsageError(
            f"DATABASE_URL: the folder of {parsed.database!r} doesn't exist; make it first"
        )
    return parsed.set(drivername="sqlite+aiosqlite")


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver would begin transactions by itself, and too late: see _begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    # A writer takes the lock at its beginning: one that read first and wants to write
    # later is refused at once when another wrote in between.
    statement = connection.get_execution_options().get("begin", "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)
