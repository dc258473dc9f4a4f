"""Tables made at once and tables made by the migrations are the same, on either kind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Integer, MetaData, Table, inspect, text
from sqlalchemy.engine import Connection

from seatrial.errors import UsageError
from stubs.acquirer import store as acquirer
from stubs.database import Database, Schema
from stubs.marketplace import store as marketplace
from stubs.payments import tables as payments
from stubs.user import store as users

SCHEMAS = {
    "acquirer": acquirer.SCHEMA,
    "marketplace": marketplace.SCHEMA,
    "payments": payments.SCHEMA,
    "user": users.SCHEMA,
}
NOTHING = Schema(MetaData())
REVISION = """
from alembic import op
import sqlalchemy as sa
revision, down_revision = "{}", {!r}
def upgrade():
    {}
"""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.mark.parametrize("name", SCHEMAS)
async def test_the_migrations_make_the_tables_that_are_declared(
    database: Database, name: str
) -> None:
    schema = SCHEMAS[name]

    def difference(connection: Connection) -> list[object]:
        schema.upgrade(connection)
        return list(
            compare_metadata(
                MigrationContext.configure(connection, opts={"compare_type": True}), schema.tables
            )
        )

    async with database.writing() as connection:
        assert await connection.run_sync(difference) == []
        version = await connection.execute(text("SELECT version_num FROM alembic_version"))
        assert version.scalar_one() == schema.head


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_head_that_is_declared_is_the_newest_revision(name: str) -> None:
    folder = str(SCHEMAS[name].migrations)
    assert ScriptDirectory(folder, version_locations=[folder]).get_heads() == [SCHEMAS[name].head]


@pytest.fixture
def two_versions(tmp_path: Path) -> tuple[Schema, Schema]:
    """A schema as it was and as it is now."""
    steps = (
        ("1", None, 'op.create_table("t", sa.Column("a", sa.Integer, primary_key=True))'),
        ("2", "1", 'op.add_column("t", sa.Column("b", sa.Integer))'),
    )
    for number, before, step in steps:
        (tmp_path / f"v{number}.py").write_text(REVISION.format(number, before, step))
    old, new = MetaData(), MetaData()
    Table("t", old, Column("a", Integer, primary_key=True))
    Table("t", new, Column("a", Integer, primary_key=True), Column("b", Integer))
    return Schema(old, tmp_path, "1"), Schema(new, tmp_path, "2")


async def columns(database: Database) -> list[str]:
    """The columns of t."""
    async with database.reading() as connection:
        return await connection.run_sync(
            lambda each: [column["name"] for column in inspect(each).get_columns("t")]
        )


async def test_an_older_database_is_brought_up_once_by_two_at_once_and_keeps_its_rows(
    database: Database, database_url: str, two_versions: tuple[Schema, Schema]
) -> None:
    old, new = two_versions
    await database.open(old)
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO t VALUES (7)"))
    other = Database(database_url)
    await asyncio.gather(database.open(new), other.open(new))
    await other.close()
    assert await columns(database) == ["a", "b"]
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT a FROM t"))).scalar_one() == 7


async def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    database: Database, two_versions: tuple[Schema, Schema]
) -> None:
    old, new = two_versions
    await database.open(old)
    assert new.migrations is not None
    broken = 'op.add_column("t", sa.Column("c", sa.Integer)); raise RuntimeError("half-way")'
    (new.migrations / "v3.py").write_text(REVISION.format("3", "2", broken))
    with pytest.raises(RuntimeError, match="half-way"):
        await database.open(Schema(new.tables, new.migrations, "3"))
    assert await columns(database) == ["a"]
    await database.open(old)  # still its version


async def test_a_database_of_a_newer_program_is_refused_in_words(
    database: Database, two_versions: tuple[Schema, Schema]
) -> None:
    old, new = two_versions
    await database.open(new)
    assert old.migrations is not None
    (old.migrations / "v2.py").unlink()
    with pytest.raises(UsageError, match="a newer version of this program made it"):
        await database.open(old)
