"""Both engines, each started once; what a test makes in them ends with the test."""

import itertools
import os
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from seatrial.faults.engines import Engine
from seatrial.faults.select import find_server, start_embedded, start_server
from seatrial.system import Session

from .wire import Api, Wire, wired

_NAMES = itertools.count(1)


@pytest.fixture(scope="session")
def embedded() -> Iterator[Engine]:
    """The embedded engine."""
    with Session() as session:
        yield start_embedded(session, seed=42)


@pytest.fixture(scope="session")
def real() -> Iterator[Engine]:
    """The real server; skipped where it isn't built, a failure in CI."""
    program = find_server()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no Toxiproxy in CI: run `make toxiproxy` first")
        pytest.skip("no Toxiproxy here: `make toxiproxy` builds it")
    with Session() as session:
        yield start_server(session, program)


@pytest.fixture(params=["real", "embedded"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of both."""
    found: Engine = request.getfixturevalue(request.param)
    return found


def _clean_api(engine: Engine) -> Iterator[Api]:
    api = Api(engine.url)
    yield api
    for name in api("GET", "/proxies").json:
        api("DELETE", f"/proxies/{quote(name)}")


@pytest.fixture
def api(engine: Engine) -> Iterator[Api]:
    """The engine's API without a client library; proxies that a test made are deleted."""
    yield from _clean_api(engine)


@pytest.fixture
def wire(api: Api) -> Iterator[Wire]:
    """A proxy with both of its ends."""
    with wired(api, f"wire{next(_NAMES)}") as made:
        yield made


@pytest.fixture
def own_api(embedded: Engine) -> Iterator[Api]:
    """The embedded engine's API."""
    yield from _clean_api(embedded)


@pytest.fixture
def own_wire(own_api: Api) -> Iterator[Wire]:
    """A proxy of the embedded engine with both of its ends."""
    with wired(own_api, f"own{next(_NAMES)}") as made:
        yield made


@pytest.fixture
def is_real(request: pytest.FixtureRequest) -> bool:
    """True if `engine` is the real server."""
    return "real" in request.node.callspec.params.values()
