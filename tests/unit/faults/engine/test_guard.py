"""Who may speak to the control port."""

import pytest

from seatrial.faults.engine.guard import clean, is_loopback, request_id


@pytest.mark.parametrize(
    "host", ["localhost", "LocalHost:80", "127.0.0.1", "127.1.2.3:9", "[::1]", "[::1]:80", "::1"]
)
def test_loopback_names_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "128.0.0.1",
     "[::]", "localhost:80:80", "127.0.0.1:x", "127.0.0.1@evil.example", "2130706433"],
)  # fmt: skip
def test_everything_else_is_foreign(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("path", "tidy"),
    [("/a/b", "/a/b"), ("//a", "/a"), ("/a/../b", "/b"), ("/../a", "/a"), ("/a/.", "/a"),
     ("/a/", "/a/"), ("/", "/"), ("//", "/"), ("/a//", "/a/")],
)  # fmt: skip
def test_paths_are_tidied_and_keep_their_last_slash(path: str, tidy: str) -> None:
    assert clean(path) == tidy


def test_request_ids_are_unique_and_in_order() -> None:
    ids = [request_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert {len(found) for found in ids} == {20}
