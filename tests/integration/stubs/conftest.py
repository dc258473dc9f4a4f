"""One running reference system for the tests that leave it as it was."""

from collections.abc import Iterator

import pytest
from redis import Redis

from seatrial.system import Session
from tests.integration.stubs.reference import Reference, start


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    """user-service, two marketplace-services, Valkey."""
    with Session() as session:
        running = start(session, markets=2)
        try:
            yield running
        finally:
            running.http.close()


@pytest.fixture
def redis(reference: Reference) -> Iterator[Redis]:
    """A client of its Valkey."""
    client = Redis.from_url(reference.valkey.url)
    yield client
    client.close()
