"""Interactions beside an OpenAPI document: what isn't documented is told, and nothing else."""

import copy
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.openapi.document import Document
from seatrial.pacts.openapi.drift import drift
from seatrial.pacts.openapi.usage import need
from seatrial.pacts.openapi.validator import Validator

USER = {
    "type": "object",
    "required": ["id", "role", "born"],
    "properties": {
        "id": {"type": "string"},
        "role": {"enum": ["va", "company"]},
        "born": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "object", "properties": {"t": {}}}},
        "name": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "boss": {"$ref": "#/components/schemas/User"},
    },
}
OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/users/{id}": {
            "parameters": [{"name": "id", "in": "path", "schema": {"type": "integer"}}],
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                    {"name": "X-Key", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {"$ref": "#/components/responses/User"},
                    "4XX": {"description": "no"},
                },
            },
            "put": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/User"}}
                    },
                },
                "responses": {"204": {"description": "done"}, "422": {"description": "no"}},
            },
        },
        "/users/me": {
            "get": {
                "parameters": [{"name": "as", "in": "query", "required": True, "schema": {}}],
                "responses": {"200": {"content": {"application/json": {}}}},
            }
        },
    },
    "components": {
        "schemas": {"User": USER},
        "responses": {
            "User": {
                "headers": {"ETag": {}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}},
            }
        },
    },
}


def interaction(
    body: object = None,
    *,
    request: dict[str, Any] | None = None,
    status: int = 200,
    headers: dict[str, Any] | None = None,
    kind: str = "application/json",
) -> Interaction:
    response: dict[str, Any] = {"status": status, "headers": headers or {}}
    if body is not None:
        response["body"] = {"content": body, "contentType": kind, "encoded": False}
    document = {
        "description": "d",
        "request": {"method": "GET", "path": "/users/7", **(request or {})},
        "response": response,
    }
    return Interaction("web", "users", document)


def told(one: Interaction, raw: dict[str, Any] = OPENAPI) -> list[str]:
    document = Document(raw, "users' document")
    return list(drift(one, document, Validator(document)))


def test_what_is_documented_is_no_drift_and_a_part_of_it_is_enough() -> None:
    body = {"id": "7", "name": None, "boss": {"id": "8"}, "labels": {"any": "thing"}}
    headers = {"ETag": ["1"], "Content-Type": ["application/json"]}
    request = {"query": {"limit": ["2"]}, "headers": {"x-key": ["k"], "Accept": ["*/*"]}}
    assert told(interaction(body, request=request, headers=headers)) == []
    assert told(interaction(status=404)) == []


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (interaction(request={"path": "/shops/7"}), "GET /shops/7 isn't a documented operation"),
        (interaction(request={"method": "PATCH"}), "PATCH /users/7 isn't a documented operation"),
        (
            interaction(status=503),
            "status 503 of GET /users/{id} is not documented (known: 200, 4XX)",
        ),
        (interaction({"age": 1}), "$.age is not in the schema of 200 of GET /users/{id}"),
        (
            interaction({"boss": {"age": 1}}),
            "$.boss.age is not in the schema of 200 of GET /users/{id}",
        ),
        (interaction({"tags": [{"t": 1}]}), "$.tags[*].t of 200 of GET /users/{id} has no type"),
        (
            interaction({"born": "x"}),
            'the body of 200 of GET /users/{id}: $.born: "x" is not of type "integer"',
        ),
        (
            interaction({"id": "7"}, kind="text/html"),
            "a body of text/html is not documented of 200 of GET /users/{id}",
        ),
        (
            interaction({"id": "7"}, request={"path": "/users/me", "query": {"as": ["x"]}}),
            "the body of 200 of GET /users/me has no schema",
        ),
        (
            interaction(headers={"Link": ["x"]}),
            "header Link of 200 of GET /users/{id} is not documented",
        ),
        (
            interaction(request={"query": {"page": ["1"]}}),
            "query parameter 'page' of GET /users/{id} is not documented",
        ),
        (
            interaction(request={"headers": {"X-More": "1"}}),
            "header parameter 'x-more' of GET /users/{id} is not documented",
        ),
        (
            interaction(request={"path": "/users/me"}),
            "query parameter 'as' of GET /users/me is required, and is not sent",
        ),
        (
            interaction(request={"query": {"limit": ["x"]}}),
            "query parameter 'limit' is 'x', which its schema refuses: "
            '$: "x" is not of type "integer"',
        ),
        (
            interaction(request={"path": "/users/x"}),
            "path parameter 'id' is 'x', which its schema refuses: "
            '$: "x" is not of type "integer"',
        ),
        (
            interaction(request={"method": "PUT"}, status=204),
            "PUT /users/{id} requires a body, and none is sent",
        ),
        (
            interaction(request={"body": {"content": {"id": "7"}}}),
            "GET /users/{id} documents no body, and one is sent",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_documented_is_told_in_one_sentence(one: Interaction, sentence: str) -> None:
    assert told(one) == [sentence]


def put(content: object, status: int) -> Interaction:
    return interaction(request={"method": "PUT", "body": {"content": content}}, status=status)


def test_a_body_that_is_sent_must_be_whole() -> None:
    assert told(put({"id": "7", "role": "va", "born": 1}, 204)) == []
    assert told(put({"id": "7", "role": "va"}, 204)) == [
        'the body that is sent: $: "born" is a required property'
    ]


def test_a_request_that_is_wrong_on_purpose_is_not_held_against_its_schema() -> None:
    assert told(put({"role": "boss"}, 422)) == []


def test_a_null_of_openapi_3_0_is_understood() -> None:
    old = copy.deepcopy(OPENAPI) | {"openapi": "3.0.3"}
    old["components"]["schemas"]["User"]["properties"]["name"] = {
        "type": "string",
        "nullable": True,
    }
    assert told(interaction({"name": None}), old) == []
    assert len(told(interaction({"name": 1}), old)) == 1


def test_the_plainest_path_is_the_operation() -> None:
    document = Document(OPENAPI, "it")
    found = document.find("GET", "/users/me")
    assert found is not None
    assert found.path == "/users/me"
    assert document.find("GET", "/users/7/more") is None


@pytest.mark.parametrize("raw", [[], {}, {"paths": {}}, {"openapi": "2.0", "paths": {}}])
def test_what_is_no_document_is_refused(raw: object) -> None:
    with pytest.raises(UsageError, match="isn't an OpenAPI document"):
        Document(raw, "it")


def test_a_reference_that_leads_nowhere_or_round_is_no_crash() -> None:
    broken = copy.deepcopy(OPENAPI)
    broken["components"]["responses"]["User"] = {"$ref": "#/components/responses/User"}
    assert told(interaction({"id": "7"}), broken) == [
        "a body of application/json is not documented of 200 of GET /users/{id}"
    ]
    broken["components"]["responses"]["User"] = {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/None"}}}
    }
    with pytest.raises(UsageError, match="a schema of the OpenAPI document is wrong"):
        told(interaction({"id": "7"}), broken)


def test_what_no_consumer_needs_is_listed() -> None:
    found = need([interaction({"id": "7", "boss": {"id": "8"}})], Document(OPENAPI, "it"))
    assert (found.operations, found.operations_needed) == (3, 1)
    assert (found.statuses, found.statuses_needed) == (2, 1)
    assert "PUT /users/{id}" in found.unneeded
    assert "GET /users/{id}: 4XX" in found.unneeded
    assert "GET /users/{id}: 200: $.born" in found.unneeded
    assert "GET /users/{id}: 200: $.id" not in found.unneeded
