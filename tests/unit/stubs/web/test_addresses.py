"""Addresses that a caller can follow, also behind a gateway that takes a prefix off."""

import pytest
from starlette.requests import Request

from stubs.web.addresses import public_path


def request(prefix: str | None) -> Request:
    headers = [] if prefix is None else [(b"x-forwarded-prefix", prefix.encode("latin-1"))]
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("prefix", "path"),
    [
        (None, "/users/1"),
        ("/api", "/api/users/1"),
        ("/api/v1", "/api/v1/users/1"),
        ("", "/users/1"),
        ("/", "/users/1"),
        ("//evil.example", "/users/1"),
        ("https://evil.example", "/users/1"),
        ("/api\r\nx: y", "/users/1"),
        ("/é", "/users/1"),
        ("/a" * 9, "/users/1"),
    ],
)
def test_a_prefix_that_was_taken_off_is_put_on_again(prefix: str | None, path: str) -> None:
    assert public_path(request(prefix), "/users/1") == path
