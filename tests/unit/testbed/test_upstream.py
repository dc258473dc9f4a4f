"""An edge's requests are distinguished from all others on its wire."""

import pytest

from seatrial.config import DeclaredRequest
from seatrial.tap import JournalEntry
from seatrial.testbed.upstream import Upstream


def entry(method: str, path: str) -> JournalEntry:
    """A journal entry about a request."""
    return JournalEntry(
        id=1, connection=1, method=method, path=path, query="", in_flight=1, arrived_s=0.0
    )


@pytest.mark.parametrize(
    ("method", "path", "entity"),
    [
        ("GET", "/users/42/profile", "42"),
        ("GET", "/users/a%2Fb%20c/profile", "a/b c"),
        ("GET", "/users/42", None),
        ("GET", "/users/42/profile/x", None),
        ("GET", "/users//profile", None),
        ("POST", "/users/42/profile", None),
        ("GET", "/health/live", None),
    ],
)
def test_a_request_is_known_by_method_and_path(method: str, path: str, entity: str | None) -> None:
    assert (
        Upstream(DeclaredRequest(path="/users/{id}/profile")).entity_of(entry(method, path))
        == entity
    )


def test_a_path_is_no_regular_expression() -> None:
    upstream = Upstream(DeclaredRequest(path="/v1.0/users/{id}"))
    assert upstream.entity_of(entry("GET", "/v1x0/users/42")) is None
