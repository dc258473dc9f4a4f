"""Both kinds of database behind one interface: transactions, bad URLs, a server that is down."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update

from seatrial.errors import UsageError
from seatrial.resilience.testing import FakeClock
from seatrial.system import Postgres
from stubs.database import Database, DatabaseDown, Schema

TABLES = MetaData()
COUNTS = Table(
    "counts", TABLES, Column("name", String(20), primary_key=True), Column("value", Integer)
)
SCHEMA = Schema(TABLES)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open(SCHEMA)
    async with database.writing() as connection:
        await connection.execute(insert(COUNTS).values(name="a", value=0))
    yield database
    await database.close()


async def value(database: Database) -> int | None:
    """Return what the row says."""
    async with database.reading() as connection:
        found: int | None = (await connection.execute(select(COUNTS.c.value))).scalar_one()
        return found


async def test_an_error_undoes_the_transaction_and_passes_through(database: Database) -> None:
    async def change() -> None:
        async with database.writing() as connection:
            await connection.execute(update(COUNTS).values(value=5))
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await change()
    assert await value(database) == 0


async def test_no_change_is_lost_when_many_read_and_write_the_same_row(
    database: Database,
) -> None:
    async def add_one() -> None:
        async with database.writing() as connection:
            query = select(COUNTS.c.value).with_for_update()
            before = (await connection.execute(query)).scalar_one()
            await connection.execute(update(COUNTS).values(value=before + 1))

    await asyncio.gather(*(add_one() for _ in range(40)))
    assert await value(database) == 40


async def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    async with database.reading() as reader:
        before = (await reader.execute(select(COUNTS.c.value))).scalar_one()
        async with database.writing() as writer:
            await writer.execute(update(COUNTS).values(value=9))
        after = (await reader.execute(select(COUNTS.c.value))).scalar_one()
    assert (before, after) == (0, 0)
    assert await value(database) == 9


async def test_what_the_database_refuses_is_not_told_as_its_being_down(
    database: Database,
) -> None:
    with pytest.raises(Exception, match="no_such_table") as caught:
        async with database.reading() as connection:
            await connection.execute(text("SELECT * FROM no_such_table"))
    # SQLite has one error for both; nothing that a caller sends can cause it.
    assert isinstance(caught.value, DatabaseDown) == ("sqlite" in str(caught.value.__cause__))


async def test_a_server_that_ends_our_connection_is_down_and_found_again(
    postgres: Postgres,
) -> None:
    database = Database(postgres.url("postgres"))
    with pytest.raises(DatabaseDown, match="terminating connection"):
        async with database.writing() as connection:
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    await database.check()
    await database.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "isn't a database URL like sqlite:///users.sqlite or postgresql://"),
        ("", "isn't a database URL"),
        ("postgresql://h:x/d", "isn't a database URL"),
        ("postgresql://h:0/d", "0 isn't a port"),
        ("postgresql://h:65536/d", "65536 isn't a port"),
        ("postgresql://h", "names no database"),
        ("postgresql://h/d?sslmodus=on", "the option 'sslmodus' isn't known"),
        ("postgresql://h/d?sslmode=often", "the option sslmode"),
        ("mysql://h/d", "'mysql' isn't known; use sqlite:///users.sqlite or postgresql://"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////no/such/folder/x", "the folder of '/no/such/folder/x' doesn't exist"),
    ],
)
def test_a_url_that_cannot_work_is_one_sentence(url: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        Database(url)
    said = str(caught.value)
    assert said.startswith("DATABASE_URL")
    assert words in said
    assert "\n" not in said


async def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_text("not a database, and long enough to have a header " * 10)
    with pytest.raises(UsageError, match=r"DATABASE_URL: the file .* can't be used"):
        await Database(f"sqlite:///{file}").open(SCHEMA)


async def test_a_wrong_password_or_database_is_told_at_once_without_the_password(
    postgres: Postgres,
) -> None:
    right = postgres.url("postgres")
    for url, fix in (
        (right.replace(postgres.password, "s3cret"), "correct its user and password"),
        (postgres.url("none"), "create the database, or correct its name"),
    ):
        with pytest.raises(UsageError, match=fix) as caught:
            await Database(url).open(SCHEMA, sleep=_never)
        assert "s3cret" not in str(caught.value)
        assert postgres.password not in str(caught.value)


async def test_a_server_that_is_not_there_yet_is_waited_for_and_named_once(
    postgres: Postgres, free_port: int
) -> None:
    reported: list[tuple[str, str]] = []
    url = postgres.url("postgres").replace(f":{postgres.port}/", f":{free_port}/")
    relay: list[asyncio.Server] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", postgres.port)
        await asyncio.gather(_copy(reader, forth), _copy(back, writer))

    waits = 0

    async def sleep(_seconds: float) -> None:
        nonlocal waits
        waits += 1
        if waits == 3:
            relay.append(await asyncio.start_server(pass_on, "127.0.0.1", free_port))

    database = Database(url)
    await database.open(
        Schema(MetaData()), waiting=lambda *words: reported.append(words), sleep=sleep
    )
    await database.close()
    relay[0].close()
    [(place, reason)] = reported
    assert place == f"PostgreSQL at 127.0.0.1:{free_port}, database 'postgres'"
    assert reason


async def test_a_server_that_never_comes_ends_the_start(free_port: int) -> None:
    clock = FakeClock()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    database = Database(f"postgresql://u:s3cret@127.0.0.1:{free_port}/d")
    with pytest.raises(
        UsageError, match=r"could not be reached within 30 s .*; start it"
    ) as caught:
        await database.open(SCHEMA, clock=clock, sleep=sleep)
    assert clock() >= 30
    assert "s3cret" not in str(caught.value)


async def test_a_server_that_takes_connections_and_says_nothing_is_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stubs.database.postgresql._CONNECT_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = Database(f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/d")
        with pytest.raises(DatabaseDown):
            await database.check()


async def _never(_seconds: float) -> None:
    raise AssertionError("it waits for what can't come")


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()
