"""A service's tables, and how an older database gets them.

A new database gets the tables as they are declared. One that is there already says which version it
has; only if that isn't the newest is Alembic loaded, which takes a fifth of a service's start.
A test holds both ways to the same result, on both kinds of database.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, inspect, select
from sqlalchemy.engine import Connection

from seatrial.errors import UsageError

# Alembic's own table, so that its commands understand our databases.
_VERSIONS = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), primary_key=True),
)


@dataclass(frozen=True)
class Schema:
    """The tables of one service.

    Attributes:
        tables: as they are now.
        migrations: the folder of Alembic's revisions; None where nothing outlives a test.
        head: the newest revision.
    """

    tables: MetaData
    migrations: Path | None = None
    head: str = ""

    def bring_up(self, connection: Connection) -> None:
        """Make the tables of this connection's database be those declared.

        Raises:
            UsageError: a newer program made the database.
        """
        names = inspect(connection).get_table_names()
        if _VERSIONS.name not in names:
            self.tables.create_all(connection)
            _VERSIONS.create(connection)
            connection.execute(_VERSIONS.insert().values(version_num=self.head))
            return
        version = connection.execute(select(_VERSIONS.c.version_num)).scalar()
        if version != self.head:
            self.upgrade(connection)

    def upgrade(self, connection: Connection) -> None:
        """Apply the revisions that are missing; from nothing, all of them.

        Raises:
            UsageError: the database has a revision that isn't known here.
        """
        from alembic.config import Config
        from alembic.runtime.environment import EnvironmentContext
        from alembic.script import ScriptDirectory
        from alembic.util import CommandError

        assert self.migrations is not None
        folder = str(self.migrations)
        scripts = ScriptDirectory(folder, version_locations=[folder])
        environment = EnvironmentContext(
            Config(), scripts, fn=lambda now, _context: scripts._upgrade_revs("head", now)
        )
        with environment:
            # Inside our transaction: an upgrade that fails half-way leaves nothing behind.
            environment.configure(connection=connection, transactional_ddl=True)
            try:
                environment.run_migrations()
            except CommandError as error:
                raise UsageError(
                    f"DATABASE_URL: the database can't be brought up to {self.head} ({error}); "
                    "a newer version of this program made it: use that"
                ) from error
