"""A pact's own mutants as faults of HTTP, made on the provider's real answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.pacts.answers import HttpAnswer
from seatrial.pacts.files import read_pact
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.strength.drift import drifts
from seatrial.tap.actions.another_schema import reshaped

ROOT = Path(__file__).parents[4]
JSON = (("Content-Type", "application/json"),)
USER: dict[str, Any] = {"id": "u-1", "role": "va", "tags": [{"n": 1}]}


def interaction(**response: Any) -> Interaction:
    """An interaction whose fields may have any value of their type."""
    body = {"content": USER, "contentType": "application/json", "encoded": False}
    rules = {"body": {"$": {"matchers": [{"match": "type"}]}}}
    whole = {
        "status": 200,
        "headers": {"Content-Type": ["application/json"]},
        "body": body,
        "matchingRules": rules,
    }
    request = {"method": "GET", "path": "/users/u-1"}
    return Interaction(
        "web",
        "users",
        {
            "type": "Synchronous/HTTP",
            "description": "d",
            "request": request,
            "response": whole | response,
        },
    )


def test_each_drift_breaks_another_answer_of_the_provider_in_its_place() -> None:
    found = dict(drifts(interaction()))
    other = json.dumps({**USER, "id": "u-7", "more": True}).encode()
    made = {name: json.loads(reshaped(other, each.changes) or b"") for name, each in found.items()}
    assert made["drop $.role"] == {"id": "u-7", "tags": [{"n": 1}], "more": True}
    assert made["number $.role"]["role"] == 7
    assert made["rename $.tags[0].n"]["tags"] == [{"nRenamed": 1}]
    assert made["null $.id"]["id"] is None
    assert made["wrap $"] == [json.loads(other)]
    assert len(found) > 15


def test_what_the_pact_accepts_is_no_drift() -> None:
    assert "unknown $.role" not in dict(drifts(interaction()))


def test_every_drift_is_refused_by_the_pact_it_came_from() -> None:
    one = interaction()
    refusal = kind_of(one).judge(one)
    body = json.dumps(USER).encode()
    for name, fault in drifts(one):
        changed = reshaped(body, fault.changes)
        assert changed is not None, name
        assert refusal(HttpAnswer(changed, 200, JSON)) is not None, name


@pytest.mark.parametrize("response", [{"body": None}, {"headers": {"Content-Type": ["text/html"]}}])
def test_answer_that_is_no_json_has_none(response: dict[str, Any]) -> None:
    assert dict(drifts(interaction(**response))) == {}


def test_the_reference_systems_pacts_have_drifts() -> None:
    pact = read_pact(ROOT / "contracts/pacts/marketplace-service-user-service.json")
    assert sum(len(dict(drifts(one))) for one in pact.interactions) > 20


def test_a_body_without_the_header_of_its_type_drifts_too() -> None:
    assert dict(drifts(interaction(headers={})))


def test_an_example_that_a_generator_fills_in_makes_no_change_a_drift() -> None:
    content = {"content": {"a": "", "b": 1}, "contentType": "application/json", "encoded": False}
    rules = {
        "$.a": {"matchers": [{"match": "regex", "regex": "\\d+"}]},
        "$.b": {"matchers": [{"match": "integer"}]},
    }
    generators = {"body": {"$.a": {"type": "Regex", "regex": "\\d+"}}}
    one = interaction(body=content, matchingRules={"body": rules}, generators=generators)
    names = [name for name, _ in drifts(one)]
    assert "drop $.a" in names
    assert not {"negative $.b", "zero $.b", "empty $.a"} & set(names)
