"""PostgreSQL: writers side by side, who lock the rows that they are going to change."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from seatrial.errors import UsageError
from stubs.database.errors import sqlstate

EXAMPLE = "postgresql://user:password@127.0.0.1:5432/users"
_DEFAULT_PORT = 5432
_CONNECTIONS = 10
_CONNECT_S = 3.0
_COMMAND_S = 10.0
_CONNECTION_WAIT_S = 5.0
_LOCK_MS = "5000"  # as SQLite's busy timeout
_SCHEMA_LOCK = 0x5EA7_81A1
# Classes of SQLSTATE: connection, resources, operator, and who gave way to another (a deadlock).
_AWAY = ("08", "53", "57", "40", "55P03")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_FIXES = {
    "28": "correct its user and password",
    "3D": "create the database, or correct its name",
    "42501": "let its user create tables in it",
}


class Postgresql:
    """A database of a server; see `backend.Backend`.

    Raises:
        UsageError: the URL doesn't name one.
    """

    def __init__(self, url: URL) -> None:
        port = _DEFAULT_PORT if url.port is None else url.port
        if not url.database:
            raise UsageError(f"DATABASE_URL names no database; use one, like {EXAMPLE}")
        if not 1 <= port <= 65535:
            raise UsageError(f"DATABASE_URL: {port} isn't a port; one is 1 to 65535")
        host = url.query.get("host") or url.host or "localhost"
        self.place = f"PostgreSQL at {host}:{port}, database {url.database!r}"
        self.engine = create_async_engine(
            url.set(drivername="postgresql+asyncpg", query=_kept(url.query)),
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_timeout=_CONNECTION_WAIT_S,
            pool_pre_ping=True,  # a server that was restarted is found again without an error
            connect_args=_connecting(url.query),
        )
        self._reader = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    async def prepare(self) -> None:
        """Connect, so that what keeps us from it is known."""
        async with self.engine.connect():
            pass

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncConnection]:
        """A connection to read with; it sees one consistent state."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction; who reads what it is going to change reads it `with_for_update`."""
        async with self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncGenerator[bool]:
        """By a lock of the database that ends with its transaction, or with this process."""
        async with self.engine.begin() as connection:
            query = text("SELECT pg_try_advisory_xact_lock(hashtext(:name))")
            yield bool((await connection.execute(query, {"name": name})).scalar_one())

    async def lock_schema(self, connection: AsyncConnection) -> None:
        """Wait for a lock of the database that is ours alone."""
        await connection.execute(text(f"SET LOCAL lock_timeout = {int(_COMMAND_S * 1000)}"))
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})"))

    def is_down(self, error: Exception) -> bool:
        """Return whether it can't be reached, is going down or full, or somebody held the rows."""
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            return True
        if isinstance(error, OSError | NoConnectionFreeError):
            return True
        return sqlstate(error).startswith(_AWAY)

    def fix(self, error: Exception) -> str:
        """Return how to fix what it refuses, and will again; a server that is down may come."""
        state = sqlstate(error)
        return next((fix for kind, fix in _FIXES.items() if state.startswith(kind)), "")


def _kept(query: Mapping[str, Any]) -> dict[str, Any]:
    for name in query:
        if name not in ("host", "sslmode"):
            raise UsageError(
                f"DATABASE_URL: the option {name!r} isn't known; only host and sslmode are"
            )
    return {name: value for name, value in query.items() if name == "host"}


def _connecting(query: Mapping[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "timeout": _CONNECT_S,
        "command_timeout": _COMMAND_S,
        "server_settings": {"lock_timeout": _LOCK_MS, "application_name": "seatrial"},
    }
    if "sslmode" in query:
        if query["sslmode"] not in _SSL_MODES:
            raise UsageError(f"DATABASE_URL: the option sslmode is one of {', '.join(_SSL_MODES)}")
        arguments["ssl"] = query["sslmode"]
    return arguments
