"""Documents as they are in the field: none of what they document is reported as undocumented."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from seatrial.pacts.interactions import Interaction
from seatrial.pacts.openapi.document import Document
from seatrial.pacts.openapi.drift import drift
from seatrial.pacts.openapi.usage import need
from seatrial.pacts.openapi.validator import Validator

N = {"type": "object", "properties": {"n": {"type": "integer"}}}


def document(
    schema: Mapping[str, Any] = N,
    schemas: Mapping[str, Any] | None = None,
    *,
    version: str = "3.1.0",
    path: str = "/a",
    method: str = "get",
    operation: Mapping[str, Any] | None = None,
    **more: Any,
) -> Document:
    answers = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    components = {"schemas": schemas or {}, **more.pop("components", {})}
    paths = {path: {method: {"responses": answers, **(operation or {})}}}
    return Document({"openapi": version, "paths": paths, "components": components, **more}, "it")


def found(
    against: Document,
    answer: object = None,
    *,
    path: str = "/a",
    method: str = "GET",
    body: object = None,
    **request: Any,
) -> list[str]:
    asked = {"method": method, "path": path, **request}
    if body is not None:
        asked["body"] = {"content": body, "contentType": "application/json", "encoded": False}
    content = {"n": 1} if answer is None else answer
    given = {"content": content, "contentType": "application/json", "encoded": False}
    entry = {"description": "ask", "request": asked, "response": {"status": 200, "body": given}}
    one = Interaction("web", "shop", entry)
    need([one], against)
    return list(drift(one, against, Validator(against)))


CAT = {
    "type": "object",
    "required": ["kind", "meow"],
    "properties": {"kind": {"type": "string"}, "meow": {"type": "boolean"}},
}
DOG = {
    "type": "object",
    "required": ["kind", "bark"],
    "properties": {"kind": {"type": "string"}, "bark": {"type": "boolean"}},
}
PETS = {
    "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    "discriminator": {"propertyName": "kind"},
}
HEIRS = {
    "B": {
        "type": "object",
        "oneOf": [{"$ref": "#/components/schemas/A"}],
        "discriminator": {"propertyName": "k"},
        "properties": {"k": {"type": "string"}, "n": {"type": "integer"}},
    },
    "A": {
        "allOf": [
            {"$ref": "#/components/schemas/B"},
            {"type": "object", "properties": {"a": {"type": "integer"}}},
        ]
    },
}
PARENT = {
    "Pet": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind"},
    },
    "Dog": {
        "allOf": [
            {"$ref": "#/components/schemas/Pet"},
            {"type": "object", "properties": {"bark": {"type": "boolean"}}},
        ]
    },
}


@pytest.mark.parametrize(
    ("against", "answer", "wrong"),
    [
        (document(PETS, {"Cat": CAT, "Dog": DOG}), {"kind": "dog", "bark": True}, {"kind": 1}),
        (document({"$ref": "#/components/schemas/B"}, HEIRS), {"n": 1, "a": 2}, {"n": "x"}),
        (
            document({"$ref": "#/components/schemas/Pet"}, PARENT),
            {"kind": "dog", "bark": True},
            {"kind": 1},
        ),
        (
            document({"type": "object", "properties": {"v": {"type": ["string", "null"]}}}),
            {"v": None},
            {"v": 1},
        ),
        (
            document(
                {"type": "object", "properties": {"v": {"type": "string", "nullable": True}}},
                version="3.0.3",
            ),
            {"v": None},
            {"v": 1},
        ),
        (
            document(
                {"type": "object", "properties": {"nullable": {"type": "boolean"}}},
                version="3.0.3",
            ),
            {"nullable": True},
            {"nullable": 1},
        ),
        (
            document({"type": "object", "properties": {"not": {"type": "string"}, "if": {}}}),
            {"not": "x"},
            {"not": 1},
        ),
        (
            document(
                {"$defs": {"V": {"type": "integer"}}, "properties": {"v": {"$ref": "#/$defs/V"}}}
            ),
            {"v": 1},
            {"v": "x"},
        ),
        (
            document(
                {"$ref": "#/components/responses/X/content/application~1json/schema"},
                components={"responses": {"X": {"content": {"application/json": {"schema": N}}}}},
            ),
            {"n": 1},
            {"n": "x"},
        ),
        (
            document(
                {"allOf": [{"$ref": "#/components/schemas/N"}, {"required": ["n"]}]}, {"N": N}
            ),
            {"n": 1},
            {"n": "x"},
        ),
        (
            document({"anyOf": [N, {"type": "array", "items": N}]}),
            [{"n": 1}],
            [{"n": "x"}],
        ),
    ],
)
def test_an_answer_that_is_documented_is_no_drift_and_a_wrong_one_is(
    against: Document, answer: object, wrong: object
) -> None:
    assert found(against, answer) == []
    assert found(against, wrong) != []


def test_a_reference_into_another_document_is_not_judged() -> None:
    assert found(document({"properties": {"v": {"$ref": "other.yaml#/V"}}}), {"v": {"x": 1}}) == []


def query(name: str, schema: Mapping[str, Any], **more: Any) -> Mapping[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


INTEGERS = {"type": "array", "items": {"type": "integer"}}
POINT = {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("parameter", "right", "wrong"),
    [
        (query("id", INTEGERS), {"id": ["5"]}, {"id": ["five"]}),
        (query("id", INTEGERS), {"id": ["5", "6"]}, {"id": ["5", "six"]}),
        (query("id", INTEGERS, explode=False), {"id": ["5,6"]}, {"id": ["5,six"]}),
        (
            query("id", INTEGERS, style="spaceDelimited", explode=False),
            {"id": ["5 6"]},
            {"id": ["5,6"]},
        ),
        (
            query("id", INTEGERS, style="pipeDelimited", explode=False),
            {"id": ["5|6"]},
            {"id": ["5,6"]},
        ),
        (
            query("at", POINT, style="deepObject"),
            {"at[x]": ["5"], "at[y]": ["6"]},
            {"at[x]": ["five"]},
        ),
        (query("at", POINT), {"x": ["5"]}, {"x": ["five"]}),
        (query("at", POINT, explode=False), {"at": ["x,5,y,6"]}, {"at": ["x,five"]}),
        (
            {"name": "at", "in": "query", "content": {"application/json": {"schema": POINT}}},
            {"at": ['{"x": 5}']},
            {"at": ['{"x": "five"}']},
        ),
        (query("on", {"type": "boolean"}), {"on": ["true"]}, {"on": ["yes"]}),
        (query("kind", {"enum": [1, 2]}), {"kind": ["2"]}, {"kind": ["3"]}),
    ],
)
def test_a_query_parameter_is_read_in_its_style(
    parameter: Mapping[str, Any], right: Mapping[str, Sequence[str]], wrong: Mapping[str, Any]
) -> None:
    against = document(operation={"parameters": [parameter]})
    assert found(against, query=right) == []
    assert len(found(against, query=wrong)) == 1


@pytest.mark.parametrize(
    ("style", "explode", "right", "wrong"),
    [
        ("simple", False, "5,6", "5,six"),
        ("label", False, ".5,6", ".5,six"),
        ("label", True, ".5.6", ".5.six"),
        ("matrix", False, ";id=5,6", ";id=5,six"),
        ("matrix", True, ";id=5;id=6", ";id=5;id=six"),
    ],
)
def test_a_path_parameter_is_read_in_its_style(
    style: str, explode: bool, right: str, wrong: str
) -> None:
    parameter = {"name": "id", "in": "path", "required": True, "style": style, "explode": explode}
    against = document(
        path="/a/{id}", operation={"parameters": [{**parameter, "schema": INTEGERS}]}
    )
    assert found(against, path=f"/a/{right}") == []
    assert len(found(against, path=f"/a/{wrong}")) == 1


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
def test_the_key_of_a_security_scheme_is_documented_where_it_is_wanted(place: str) -> None:
    schemes = {"securitySchemes": {"k": {"type": "apiKey", "in": place, "name": "X-Key"}}}
    request: dict[str, Any] = {
        "header": {"headers": {"X-Key": ["s"]}},
        "query": {"query": {"X-Key": ["s"]}},
        "cookie": {"headers": {"Cookie": ["X-Key=s"]}},
    }[place]
    assert found(document(components=schemes, security=[{"k": []}]), **request) == []
    unsecured = document(components=schemes, security=[{"k": []}], operation={"security": []})
    assert len(found(unsecured, **request)) == 1


def test_a_cookie_is_a_parameter() -> None:
    parameter = {"name": "sid", "in": "cookie", "schema": {"type": "integer"}}
    against = document(operation={"parameters": [parameter]})
    assert found(against, headers={"Cookie": ["sid=1"]}) == []
    assert len(found(against, headers={"Cookie": ["sid=one; more=1"]})) == 2


@pytest.mark.parametrize("url", ["/api/v3", "https://shop.example/api/v3", "//x/api/{version}/"])
def test_a_path_at_a_server_is_the_operation(url: str) -> None:
    against = document(servers=[{"url": url}])
    assert found(against, path="/api/v3/a") == []
    assert found(against, path="/api/v3/b") != []


def test_what_is_only_read_is_not_required_of_a_request() -> None:
    schema = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
    }
    body = {"content": {"application/json": {"schema": schema}}}
    against = document(method="post", operation={"requestBody": body})
    assert found(against, method="POST", body={"name": "Ada"}) == []
    assert len(found(against, method="POST", body={"id": 1})) == 1


def test_one_of_several_with_a_discriminator_may_fit_more_than_one() -> None:
    same = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    body = {"content": {"application/json": {"schema": PETS}}}
    against = document(
        N, {"Cat": same, "Dog": same}, method="post", operation={"requestBody": body}
    )
    assert found(against, method="POST", body={"kind": "dog"}) == []


FIELD = Path(__file__).parent / "field"


@pytest.mark.parametrize("name", sorted(path.stem for path in FIELD.glob("*.json")))
def test_a_file_that_was_a_false_alarm_or_a_crash_is_documented(name: str) -> None:
    file = json.loads((FIELD / f"{name}.json").read_bytes())
    against = Document(file["document"], name)
    one = Interaction("web", "shop", file["interaction"])
    need([one], against)
    assert list(drift(one, against, Validator(against))) == []
