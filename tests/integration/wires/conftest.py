"""Both engines, each started once for these tests."""

import os
from collections.abc import Iterator

import pytest

from seatrial.faults.engines import Engine
from seatrial.faults.select import find_server, start_embedded, start_server
from seatrial.system import Session


@pytest.fixture(scope="package")
def session() -> Iterator[Session]:
    """Ends every process."""
    with Session() as opened:
        yield opened


@pytest.fixture(scope="package", params=["real", "embedded"])
def engine(request: pytest.FixtureRequest, session: Session) -> Engine:
    """Each of both; without the real one, its tests are skipped, and fail in CI."""
    if request.param == "embedded":
        return start_embedded(session, seed=42)
    program = find_server()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no Toxiproxy in CI: run `make toxiproxy` first")
        pytest.skip("no Toxiproxy here: `make toxiproxy` builds it")
    return start_server(session, program)
