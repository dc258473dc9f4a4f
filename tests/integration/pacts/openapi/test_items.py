"""The OpenAPI cross-check in a project of a team's own: one test a provider."""

import json

import pytest

from seatrial.pacts.openapi import document_check
from seatrial.results import Check, Facts, Text, Verdict

from ..small_project import Project

_LOADED = document_check
"""A run within this process drops what it was the first to import; a validator loads once."""
TESTS = """
from pathlib import Path
import pytest

@pytest.mark.pact_documented(pacts=Path(__file__).parent / "pacts")
def test_documented(interactions, pact_document):
    pact_document(interactions)
"""
DOCUMENT = {
    "openapi": "3.1.0",
    "paths": {
        "/users/{id}": {
            "get": {
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "name": {"type": "string"},
                                        "age": {"type": "integer"},
                                    },
                                }
                            }
                        }
                    },
                    "404": {"description": "there is none"},
                }
            }
        }
    },
}


@pytest.fixture
def published(project: Project) -> Project:
    """A project whose provider publishes its document."""
    project.write_pact()
    project.change(
        "provider.py",
        "    def do_GET(self):\n",
        "    def do_GET(self):\n"
        '        if self.path == "/openapi.json":\n'
        f"            return self.answer(200, json.loads({json.dumps(json.dumps(DOCUMENT))}))\n",
    )
    (project.contracts / "test_documented.py").write_text(TESTS)
    return project


def run(project: Project) -> Check:
    """Return what the result says of the provider."""
    project.pytest("contracts/test_documented.py", "--seatrial-json", "out.json")
    return next(check for check in project.result().checks if check.id == "contract.openapi")


def test_a_document_that_says_it_all_passes_and_tells_what_nobody_needs(
    published: Project,
) -> None:
    check = run(published)
    assert (check.subject, check.verdict) == ("user-service", Verdict.PASSED)
    facts, text = check.evidence
    assert isinstance(facts, Facts)
    assert isinstance(text, Text)
    assert (facts.values["fields"], facts.values["fields_needed"]) == (2, 1)
    assert text.text == "GET /users/{id}: 200: $.age"
    assert published.result().figures["openapi_drift"] == 0


def test_a_field_that_is_gone_from_the_document_is_told(published: Project) -> None:
    published.change("provider.py", '\\"name\\"', '\\"fullName\\"')
    check = run(published)
    assert check.verdict is Verdict.FAILED
    assert "$.name is not in the schema of 200 of GET /users/{id}" in check.explanation


def test_a_status_that_is_gone_from_the_document_is_told(published: Project) -> None:
    published.change("provider.py", '\\"404\\"', '\\"410\\"')
    check = run(published)
    assert "get nobody: status 404 of GET /users/{id} is not documented" in check.explanation


def test_a_provider_without_a_document_is_skipped_and_that_is_said(published: Project) -> None:
    published.change("provider.py", '"/openapi.json"', '"/elsewhere.json"')
    check = run(published)
    assert check.verdict is Verdict.SKIPPED
    assert check.explanation == "publishes no OpenAPI document at /openapi.json"


def test_what_is_no_document_is_told_in_a_sentence(published: Project) -> None:
    published.change("provider.py", '\\"paths\\"', '\\"routes\\"')
    check = run(published)
    assert check.verdict is Verdict.FAILED
    assert check.explanation.endswith("isn't an OpenAPI document: it has no paths")
