"""PostgreSQL from its wheel: it starts also as root, and ends with its session."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from seatrial.errors import UsageError
from seatrial.system import Postgres, Session, start_postgres
from seatrial.system.servers import postgres
from tests.integration.stubs.reference import eventually


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Session() as session:
        yield start_postgres(session)


async def test_a_new_database_is_empty_and_takes_text_of_every_script(server: Postgres) -> None:
    connection = await asyncpg.connect(server.create("one"))
    assert await connection.fetchval("SELECT count(*) FROM pg_stat_user_tables") == 0
    assert await connection.fetchval("SELECT $1::text", "Ångström \U0001f600") == (
        "Ångström \U0001f600"
    )
    await connection.close()


async def test_nobody_gets_in_without_the_password(server: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url("postgres").replace(server.password, "guess"))


def test_a_database_that_is_there_already_is_refused_in_words(server: Postgres) -> None:
    server.create("twice")
    with pytest.raises(UsageError, match='database "twice" already exists'):
        server.create("twice")
    with pytest.raises(UsageError, match="can't be a database's name"):
        server.create("no name")


def test_it_and_its_data_end_with_the_session() -> None:
    with Session() as session:
        running = start_postgres(session)
        pid, folder = running.process.pid, session.dir
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not folder.exists()


def test_it_ends_when_its_starter_is_killed() -> None:
    starter = (
        "import sys, time; from seatrial.system import Session, start_postgres;"
        "s = Session(); p = start_postgres(s);"
        "print(p.process.pid, s.dir, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE) as popen:
        assert popen.stdout is not None
        pid, folder = popen.stdout.readline().split()
        popen.kill()
    eventually(lambda: not Path(folder.decode()).exists(), 30)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that others can't enter")
def test_an_environment_that_only_root_can_enter_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    installed = postgres.postgres_install()
    for name in (installed.name, f"{installed.name}.libs"):
        if installed.with_name(name).is_dir():
            shutil.copytree(installed.with_name(name), hidden / name)
    monkeypatch.setattr(postgres, "postgres_install", lambda: hidden / installed.name)
    with Session() as session:
        running = start_postgres(session)
        assert running.binaries.is_relative_to(session.dir)
        assert Path(f"/proc/{running.process.pid}").stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert hidden.stat().st_mode & 0o777 == 0o700  # nothing was opened for others
