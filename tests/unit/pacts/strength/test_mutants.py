"""Mutants: each change once, in one place, always in the same order."""

import json

import pytest

from seatrial.pacts.answers import HttpAnswer, MessageAnswer
from seatrial.pacts.strength.mutants import Mutant, mutants

JSON = (("content-type", "application/json"),)


def of(document: object) -> dict[str, Mutant[HttpAnswer]]:
    answer = HttpAnswer(json.dumps(document).encode(), 200, JSON)
    return {mutant.name: mutant for mutant in mutants(answer)}


def bodies(document: object) -> dict[str, object]:
    made = of(document)
    return {
        name: json.loads(made[name].answer.body) for name in made if made[name].path is not None
    }


def test_each_mutant_has_a_name_of_its_own() -> None:
    answer = HttpAnswer(b'{"a": [{"b": "x"}, {"b": "y"}], "n": 1}', 200, (*JSON, ("etag", "1")))
    names = [mutant.name for mutant in mutants(answer)]
    assert len(names) == len(set(names))
    assert names == [mutant.name for mutant in mutants(answer)]


def test_no_mutant_is_the_answer_itself() -> None:
    answer = HttpAnswer(
        b'{"zero": 0, "none": null, "all": true, "empty": "", "list": []}', 200, JSON
    )
    assert answer not in [mutant.answer for mutant in mutants(answer)]


def test_a_field_is_dropped_renamed_and_made_null() -> None:
    made = bodies({"a": 1, "b": {"c": "x"}})
    assert made["drop $.b.c"] == {"a": 1, "b": {}}
    assert made["rename $.b.c"] == {"a": 1, "b": {"c2": "x"}}
    assert made["null $.a"] == {"a": None, "b": {"c": "x"}}


def test_every_other_type_stands_in_a_fields_place() -> None:
    made = bodies({"a": "x"})
    assert [made[f"{kind} $.a"] for kind in ("number", "boolean", "list", "object")] == [
        {"a": 7},
        {"a": True},
        {"a": ["x"]},
        {"a": {"value": "x"}},
    ]
    assert bodies({"a": 12})["text $.a"] == {"a": "12"}


def test_values_of_the_same_kind_are_told_from_the_others() -> None:
    made = of({"role": "va", "n": 3, "on": True, "tags": ["x"]})
    assert {name for name in made if made[name].of_value} == {
        "empty $.role",
        "unknown $.role",
        "zero $.n",
        "negative $.n",
        "beyond 64 bits $.n",
        "fraction $.n",
        "opposite $.on",
        "empty $.tags",
        "longer $.tags",
        "empty $.tags[0]",
        "unknown $.tags[0]",
    }


def test_of_a_list_the_first_and_the_last_item_change() -> None:
    made = bodies([{"a": 1}, {"a": 2}, {"a": 3}])
    assert made["drop $[0].a"] == [{}, {"a": 2}, {"a": 3}]
    assert made["drop $[2].a"] == [{"a": 1}, {"a": 2}, {}]
    assert made["drop $[2]"] == [{"a": 1}, {"a": 2}]
    assert not any("[1]" in name for name in made)


def test_the_envelope_the_status_and_the_headers_change() -> None:
    made = of({"a": 1})
    assert json.loads(made["wrap $"].answer.body) == {"data": {"a": 1}}
    assert made["status 404"].answer.status == 404
    assert made["drop header content-type"].answer.headers == ()
    assert made["header content-type: text/html"].answer.header("content-type") == "text/html"
    assert made["drop the body"].answer.body == b""


def test_what_belongs_to_the_wire_does_not_change() -> None:
    answer = HttpAnswer(b"{}", 200, (("Date", "today"), ("Content-Length", "2"), ("ETag", "1")))
    named = [mutant.name for mutant in mutants(answer) if "header" in mutant.name]
    assert named == [
        "drop header etag",
        "header etag: no-such-value",
        "add header x-not-known",
    ]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_is_given_none_where_it_can_have_none(status: int) -> None:
    made = [mutant.answer for mutant in mutants(HttpAnswer(b"", status))]
    assert all(not answer.body for answer in made if answer.status == status)


def test_a_body_that_is_no_json_is_dropped_and_cut_alone() -> None:
    answer = HttpAnswer(b"pong 1", 200, (("content-type", "text/plain"),))
    assert [mutant.name for mutant in mutants(answer) if mutant.answer.body != answer.body] == [
        "status 204",
        "drop the body",
        "cut the body in half",
    ]


def test_a_message_has_fields_and_metadata_and_no_status() -> None:
    answer = MessageAnswer(b'{"type": "X"}', {"channel": "x.events"})
    named = {mutant.name for mutant in mutants(answer)}
    assert {"drop $.type", "drop metadata channel", "wrap $"} <= named
    assert not any(name.startswith(("status", "header", "drop header")) for name in named)
