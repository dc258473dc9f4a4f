"""One interface to both kinds of database."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection

from seatrial.errors import UsageError
from stubs.database import postgresql, sqlite
from stubs.database.backend import Backend
from stubs.database.errors import DatabaseDown, reason
from stubs.database.postgresql import Postgresql
from stubs.database.schema import Schema
from stubs.database.sqlite import Sqlite

_T = TypeVar("_T")
_WAIT_S = 30.0
_PAUSE_S = 0.25


class Database:
    """Connections to one database.

    On SQLite one writer comes after the other. On PostgreSQL they work side by side, so whoever
    reads a row in order to change it must select it `with_for_update()`, which SQLite ignores.

    Args:
        url: `sqlite:///file` or `postgresql://user:password@host:port/database`.

    Raises:
        UsageError: the URL names no database that is known here.
    """

    def __init__(self, url: str) -> None:
        self._backend = _backend(url)

    async def open(
        self,
        schema: Schema,
        *,
        waiting: Callable[[str, str], None] = lambda _place, _reason: None,
        wait_s: float = _WAIT_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Wait until it can be reached, and bring its tables up to date.

        Two processes may do it at once.

        Args:
            schema: the tables.
            waiting: called once with where it is and why it can't be reached, when that is so.
            wait_s: how long a server that is down is waited for, seconds.
            clock: monotonic seconds.
            sleep: waits that many seconds.

        Raises:
            UsageError: it can't be used, or wasn't there in time.
        """
        until_s = clock() + wait_s
        said = False
        while True:
            try:
                await self._backend.prepare()
                async with self._backend.writing() as connection:
                    await self._backend.lock_schema(connection)
                    await connection.run_sync(schema.bring_up)
            except Exception as error:  # noqa: BLE001 - `_give_up` raises what isn't waited for
                self._give_up(error, clock() >= until_s, wait_s)
                if not said:
                    waiting(self._backend.place, reason(error))
                said = True
            else:
                return
            await sleep(_PAUSE_S)

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A connection to read with; it sees one consistent state.

        Raises:
            DatabaseDown: it can't be asked now.
        """
        return self._translated(self._backend.reading())

    def writing(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """A transaction: committed at the end, undone when an error leaves it.

        Raises:
            DatabaseDown: it can't be asked now.
        """
        return self._translated(self._backend.writing())

    def alone(self, name: str) -> AbstractAsyncContextManager[bool]:
        """Say whether this process is the only one that does what has this name.

        It is a courtesy and no promise: on SQLite it is always true.

        Raises:
            DatabaseDown: it can't be asked now.
        """
        return self._translated(self._backend.alone(name))

    async def check(self) -> None:
        """Ask the database for something.

        Raises:
            DatabaseDown: it can't be asked now.
        """
        async with self.reading() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self._backend.engine.dispose()

    @asynccontextmanager
    async def _translated(self, opened: AbstractAsyncContextManager[_T]) -> AsyncGenerator[_T]:
        try:
            async with opened as given:
                yield given
        except Exception as error:
            if not self._backend.is_down(error):
                raise
            raise DatabaseDown(f"{self._backend.place}: {reason(error)}") from error

    def _give_up(self, error: Exception, late: bool, wait_s: float) -> None:
        """Raise what ends the start, unless waiting may help.

        Raises:
            UsageError: it won't help, or it took too long.
        """
        fix = self._backend.fix(error)
        if fix:
            raise UsageError(
                f"DATABASE_URL: {self._backend.place} can't be used ({reason(error)}); {fix}"
            ) from error
        if not self._backend.is_down(error):
            raise error
        if late:
            raise UsageError(
                f"DATABASE_URL: {self._backend.place} could not be reached within {wait_s:g} s "
                f"({reason(error)}); start it, or correct the address"
            ) from error


def _backend(url: str) -> Backend:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UsageError(
            f"DATABASE_URL isn't a database URL like {sqlite.EXAMPLE} or {postgresql.EXAMPLE}"
        ) from None
    kind = parsed.drivername
    if kind in {"sqlite", "sqlite+aiosqlite"}:
        return Sqlite(parsed)
    if kind in {"postgresql", "postgres", "postgresql+asyncpg"}:
        return Postgresql(parsed)
    raise UsageError(
        f"DATABASE_URL: {kind!r} isn't known; use {sqlite.EXAMPLE} or {postgresql.EXAMPLE}"
    )
