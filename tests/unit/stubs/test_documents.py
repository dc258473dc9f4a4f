"""The services' OpenAPI documents: whole, linked, and with examples that are taken."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from tests.fuzz.system import SERVICES, System

# What every answer of its kind must have.
_BODYLESS = {"204"}
_LINKED = {
    "create_user": {"get_user", "get_profile", "change_user", "delete_user"},
    "post_job": {"get_job"},
    "post_proposal": {"get_proposal", "accept_proposal"},
    "create_intent": {"get_payment", "get_receipt", "process_payment", "refund_payment"},
}


@pytest.fixture(params=SERVICES)
def document(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """The document of one service."""
    return System(tmp_path).apps[request.param].openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of each."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_each_operation_has_an_id_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert all(operation["description"] for _, _, operation in operations(document))


def test_each_answer_has_a_schema_and_each_refusal_is_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            where = (path, method, status)
            if status in _BODYLESS:
                assert "content" not in answer, where
                continue
            assert all(kind["schema"] for kind in answer["content"].values()), where
            if status >= "400" and path != "/health":
                assert list(answer["content"]) == ["application/problem+json"], where
            if status == "503" and path != "/health":
                assert "Retry-After" in answer["headers"], where


def test_what_every_operation_may_answer_is_in_it(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if "operations" in operation.get("tags", ()):
            continue
        statuses = set(operation["responses"])
        assert {"408", "503"} <= statuses, path
        assert ("413" in statuses) == (method != "get"), path
        if "{" in path:
            assert "404" in statuses, path


def test_what_makes_a_thing_leads_to_all_that_can_be_done_with_it(document: dict[str, Any]) -> None:
    ids = {operation["operationId"] for _, _, operation in operations(document)}
    for _, _, operation in operations(document):
        made = operation["responses"].get("201")
        if made is not None:
            assert set(made["links"]) == _LINKED[operation["operationId"]]
            assert set(made["links"]) <= ids
            for link in made["links"].values():
                assert set(link["parameters"].values()) == {"$response.body#/id"}


def test_each_body_has_an_example_that_is_taken(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            name = content["schema"]["$ref"].rpartition("/")[2]
            schema = document["components"]["schemas"][name]
            assert schema["examples"], path
            whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
            for example in schema["examples"]:
                jsonschema_rs.validate(whole, example)


def test_the_document_is_valid_and_so_is_each_default_in_it(document: dict[str, Any]) -> None:
    validate(document)


def test_no_pattern_means_another_set_of_characters_in_another_engine(
    document: dict[str, Any],
) -> None:
    for pattern in found(document, "pattern"):
        assert not re.search(r"\\[sSdDwWbBpP]", pattern), pattern


def found(part: Any, key: str) -> Iterator[Any]:
    """Every value under this key, at any depth."""
    if isinstance(part, dict):
        if key in part:
            yield part[key]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from found(each, key)


def test_a_change_has_no_defaults_since_absent_is_no_value(tmp_path: Path) -> None:
    document = System(tmp_path).apps["user-service"].openapi()
    changes = document["components"]["schemas"]["PatchUser"]["properties"]
    assert set(changes) == {"email", "role", "name", "avatar", "verificationLevel"}
    assert not any("default" in field for field in changes.values())


def test_nothing_of_the_harness_is_in_it(document: dict[str, Any]) -> None:
    text = str(document)
    assert not any(word in text for word in ("_pact", "journal", "toxi", "tap"))
