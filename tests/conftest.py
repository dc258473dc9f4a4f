"""Fixtures for all tests."""

import itertools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from seatrial.system import Postgres, Session, start_postgres

# The same examples in every run, and no deadline that a busy machine would miss.
# More of them: pytest --hypothesis-profile=default
settings.load_profile("ci")


@pytest.fixture
def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The one PostgreSQL of all tests, started for the first that asks."""
    with Session() as session:
        yield start_postgres(session)


@pytest.fixture(scope="session")
def _emptied() -> list[str]:
    """Databases of that PostgreSQL which are empty again."""
    return []


_NUMBERS = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path, _emptied: list[str]
) -> Iterator[Callable[[], str]]:
    """Gives the URL of another empty database at each call: a test runs once on either kind."""
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path}/{next(_NUMBERS)}.sqlite"
        return
    server: Postgres = request.getfixturevalue("postgres")
    used: list[str] = []

    def create() -> str:
        if not _emptied:
            _emptied.append(f"test-{next(_NUMBERS)}")
            server.create(_emptied[0])
        used.append(_emptied.pop())
        return server.url(used[-1])

    yield create
    for name in used:
        server.clear(name)
        _emptied.append(name)


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """An empty database; the test runs once on SQLite and once on PostgreSQL."""
    return new_database()
