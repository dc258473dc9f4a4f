"""What a document says of an operation's errors, and what its good answers always have."""

from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.openapi.document import Document, Operation, read_document

PROBLEM = {"type": "object", "example": {"title": "gone"}}
USER = {"required": ["id"], "allOf": [{"$ref": "#/components/schemas/Named"}]}


def operation(responses: dict[str, Any], **more: Any) -> Operation:
    schemas = {"Named": {"required": ["name", "a/b"]}, "Problem": PROBLEM}
    raw = {
        "openapi": "3.1.0",
        "paths": {"/users/{userId}": {"get": {"responses": responses}}},
        "components": {"schemas": schemas},
        **more,
    }
    (found,) = Document(raw, "it").operations
    return found


def answer(schema: object = None, kind: str = "application/json", **content: Any) -> dict[str, Any]:
    return {"content": {kind: {"schema": schema or {}, **content}}}


def test_errors_are_those_that_stand_one_by_one() -> None:
    found = operation({"200": {}, "404": {}, "5XX": {}, "default": {}, "409": {}})
    assert found.error_statuses == (404, 409)


@pytest.mark.parametrize(
    ("documented", "example"),
    [
        (answer(example={"a": 1}), ("application/json", {"a": 1})),
        (answer(examples={"one": {"value": [2]}}), ("application/json", [2])),
        (answer({"$ref": "#/components/schemas/Problem"}), ("application/json", {"title": "gone"})),
        (answer({"examples": ["x"]}, "text/plain"), ("text/plain", "x")),
        (answer(), None),
        ({}, None),
    ],
)
def test_example_of_an_error_is_found_wherever_it_stands(
    documented: dict[str, Any], example: object
) -> None:
    assert operation({"404": documented}).example(404) == example


def test_required_fields_are_those_of_every_good_answer() -> None:
    named = {"required": ["name"]}
    assert operation({"200": answer(USER)}).required_fields == ("/a~1b", "/id", "/name")
    assert operation({"200": answer(USER), "201": answer(named)}).required_fields == ("/name",)
    of_list = {"type": "array", "items": named}
    assert operation({"200": answer(of_list)}).required_fields == ("/*/name",)
    assert operation({"200": answer(USER, "text/html"), "404": answer(USER)}).required_fields == ()


def test_schemas_that_lead_to_each_other_end() -> None:
    endless: dict[str, Any] = {"required": ["id"], "allOf": []}
    endless["allOf"].append(endless)
    assert operation({"200": answer(endless)}).required_fields == ("/id",)


def test_route_is_at_each_server() -> None:
    found = operation({}, servers=[{"url": "https://example.com/v1"}])
    assert found.routes == ("/v1/users/{userId}", "/users/{userId}")


@pytest.mark.parametrize(
    "text", [b'{"openapi": "3.0.1", "paths": {}}', b"openapi: 3.0.1\npaths: {}"]
)
def test_document_is_json_or_yaml(text: bytes) -> None:
    assert read_document(text, "it").operations == ()


@pytest.mark.parametrize("text", [b"{", b"\xff\xfe\x00", b"[]", b"a: b"])
def test_anything_else_is_refused_in_a_sentence(text: bytes) -> None:
    with pytest.raises(UsageError, match="it isn't an OpenAPI document"):
        read_document(text, "it")
