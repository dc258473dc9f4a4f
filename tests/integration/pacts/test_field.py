"""Pact files that once failed, each read, served, judged and verified."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from contracts.changes.replaying import replay
from seatrial.pacts.interactions import pact_document
from tests.spec.pacts import pacts_in, take

FIELD = Path(__file__).parent / "field"
REFUSED = {
    "bad_regex": "the example of its response fails its own rule: $.n: '(*' is not a valid",
    "no_type": "it has no type",
    "plugin": "needs the plugin csv",
}
"""The files that are refused when they are read, and why."""
PROBLEM = {
    "content_length": "Content-Length",  # the body is whole, and the header of its real length
    "status_600": "600 isn't a status of HTTP",
}
"""The files that are read and that no server could keep, and why."""


@pytest.mark.parametrize("name", sorted(path.stem for path in FIELD.glob("*.json")))
def test_each_file_is_taken_as_it_should_be(name: str) -> None:
    path = FIELD / f"{name}.json"
    with replay() as replaying:
        taken = take(path, json.loads(path.read_bytes()), replaying)
    assert bool(taken.refused) is (name in REFUSED), taken.refused
    assert REFUSED.get(name, "") in taken.refused
    assert bool(taken.problems) is (name in PROBLEM), taken.problems
    assert all(PROBLEM[name] in one for one in taken.problems)


def test_each_file_is_found_once(tmp_path: Path) -> None:
    for name in ("one", "again"):
        (tmp_path / f"{name}.json").write_bytes((FIELD / "v3.json").read_bytes())
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "package.json").write_text("{}")
    assert [path.stem for path, _ in pacts_in(tmp_path)] == ["again"]


def taken_alone(interaction: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    with replay() as replaying:
        taken = take(Path("it.json"), pact_document("web", "shop", [interaction]), replaying)
    return taken.refused, taken.problems


def parts(boundary: bytes, number: bytes = b"7", image: bytes = b"\x89PNG\r\n\x1a\n\xff") -> bytes:
    lines = (
        b"--" + boundary,
        b'Content-Disposition: form-data; name="file"; filename="a.png"',
        b"Content-Type: image/png",
        b"",
        image,
        b"--" + boundary,
        b'Content-Disposition: form-data; name="n"',
        b"",
        number,
        b"--" + boundary + b"--",
        b"",
    )
    return b"\r\n".join(lines)


TYPE = "multipart/form-data; boundary=abc"
MULTIPART: dict[str, Any] = {
    "headers": {"Content-Type": [TYPE]},
    "body": {
        "content": base64.b64encode(parts(b"abc")).decode(),
        "contentType": TYPE,
        "encoded": "base64",
    },
}
RULES = {
    "body": {
        "$.file": {"matchers": [{"match": "contentType", "value": "image/png"}]},
        "$.n": {"matchers": [{"match": "type"}]},
    },
    "header": {
        "Content-Type": {"matchers": [{"match": "regex", "regex": "multipart/form-data;.*"}]}
    },
}


@pytest.mark.parametrize("rules", [{}, {"matchingRules": RULES}], ids=["as it is", "by rules"])
def test_a_body_in_parts_is_served_and_kept_in_a_request_and_in_an_answer(
    rules: dict[str, Any],
) -> None:
    interaction = {
        "type": "Synchronous/HTTP",
        "description": "send a form",
        "request": {"method": "POST", "path": "/a", **MULTIPART, **rules},
        "response": {"status": 200, **MULTIPART, **rules},
    }
    assert taken_alone(interaction) == ("", ())


def test_a_body_whose_parts_the_core_cannot_find_is_refused_when_it_is_read() -> None:
    body = {**MULTIPART["body"], "content": base64.b64encode(b"\n--abc\nno part").decode()}
    request = {"method": "POST", "path": "/a", **MULTIPART, "body": body}
    interaction = {
        "type": "Synchronous/HTTP",
        "description": "send a form",
        "request": request,
        "response": {"status": 200},
    }
    refused, _ = taken_alone(interaction)
    assert "the example of its request" in refused
    assert "MIME multipart body" in refused


MESSAGE = {"type": "Asynchronous/Messages", "description": "gone"}


def test_a_message_of_metadata_alone_is_read_and_one_of_nothing_is_not() -> None:
    assert taken_alone({**MESSAGE, "metadata": {"key": "user.7"}}) == ("", ())
    empty = {**MESSAGE, "contents": None, "metadata": {"key": "user.7"}}
    assert taken_alone(empty) == ("", ())
    for one in ({}, {"metadata": {"key": "k"}, "content": {"n": 1}}):
        assert "has no contents" in taken_alone({**MESSAGE, **one})[0]
