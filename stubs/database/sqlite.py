"""SQLite in a file: one writer at a time, any number of readers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import URL, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from seatrial.errors import UsageError

EXAMPLE = "sqlite:///users.sqlite"
_TRIES = 100
_PAUSE_S = 0.05
_PRAGMAS = (
    "PRAGMA busy_timeout=5000",  # milliseconds, for a writer in another process
    "PRAGMA synchronous=NORMAL",  # with WAL: safe against a killed process
    "PRAGMA foreign_keys=ON",
)


class Sqlite:
    """A file; see `backend.Backend`.

    Raises:
        UsageError: the URL names no file in a folder that exists.
    """

    def __init__(self, url: URL) -> None:
        self.place = f"the file {url.database!r}"
        self._check(url.database)
        self.engine = create_async_engine(url.set(drivername="sqlite+aiosqlite"))
        # SQLite has one writer; waiting here is fair, waiting in SQLite is a poll.
        self._writer = asyncio.Lock()
        event.listen(self.engine.sync_engine, "connect", _prepare)
        event.listen(self.engine.sync_engine, "begin", _begin)

    async def prepare(self) -> None:
        """Write ahead, so that readers don't wait for the writer; the file remembers it.

        Two processes that do it to a new file at once lock each other out, whatever the busy
        timeout is; so it is tried again.
        """
        for left in reversed(range(_TRIES)):
            try:
                async with self.engine.connect() as plain:
                    connection = await plain.execution_options(begin=None)
                    await connection.execute(text("PRAGMA journal_mode=WAL"))
                    return
            except OperationalError as error:
                if not left or "locked" not in str(error.orig):
                    raise
            await asyncio.sleep(_PAUSE_S)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A connection to read with; it sees one consistent state."""
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction; this process's writers come one after the other."""
        async with self._writer, self.engine.connect() as plain:
            connection = await plain.execution_options(begin="BEGIN IMMEDIATE")
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncGenerator[bool]:
        """Always: a lock of the file for so long would keep every writer out."""
        yield True

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Nothing: a writer has the whole file for itself."""

    def is_down(self, error: Exception) -> bool:
        """Return whether the file can't be opened or is locked, or its disk is full or broken."""
        return isinstance(error, OperationalError)

    def fix(self, error: Exception) -> str:
        """A file doesn't come by waiting."""
        if not isinstance(error, DBAPIError):
            return ""
        return f"name a file in a folder that can be written, like {EXAMPLE}"

    @staticmethod
    def _check(file: str | None) -> None:
        if not file or file == ":memory:":
            # Each connection would see a database of its own.
            raise UsageError(f"DATABASE_URL names no file; use one, like {EXAMPLE}")
        if not Path(file).parent.is_dir():
            raise UsageError(f"DATABASE_URL: the folder of {file!r} doesn't exist; make it first")


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
