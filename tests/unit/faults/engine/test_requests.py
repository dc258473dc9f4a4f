"""The things done to each request besides answering it."""

import pytest

from seatrial.faults.engine.requests import clean, request_id


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
