"""The rules that our matchers write, and refuse to write."""

import json
from typing import Any

import pytest
from pact.match.matcher import AndMatcher, IntegrationJSONEncoder

from seatrial.pacts.matchers import Nullable, match, nullable, separate, text


def written(value: object) -> Any:
    """The JSON that pact-python hands to its core."""
    return json.loads(json.dumps(value, cls=IntegrationJSONEncoder))


def test_and_keeps_the_example_of_its_first_matcher() -> None:
    both = match.str("a@b") & match.regex("c@d", regex=".+@.+")
    assert written(both)["value"] == "a@b"
    assert [rule["pact:matcher:type"] for rule in written(both)["pact:matcher:type"]] == [
        "type",
        "regex",
    ]


def test_and_of_three_keeps_the_example() -> None:
    three = match.str("ab") & match.regex("ab", regex="a.*") & match.includes("b")
    assert written(three)["value"] == "ab"
    assert len(written(three)["pact:matcher:type"]) == 3


def test_and_without_an_example_is_refused() -> None:
    with pytest.raises(TypeError, match="needs an example"):
        written(AndMatcher())


def test_text_refuses_an_example_that_its_regex_refuses() -> None:
    with pytest.raises(ValueError, match="'x' does not match its own regex"):
        text("x", r"\d+")


def test_text_refuses_an_example_that_matches_only_in_part() -> None:
    with pytest.raises(ValueError, match="does not match"):
        text("12x", r"\d+")


def test_nullable_becomes_its_example_and_a_rule_at_its_path() -> None:
    body = {"id": "u1", "name": nullable(match.str("Ada"))}
    plain, rules = separate(body)
    assert plain == {"id": "u1", "name": "Ada"}
    assert rules == {
        "$.name": {"combine": "OR", "matchers": [{"match": "null"}, {"match": "type"}]}
    }


def test_nullable_keeps_what_its_matcher_needs() -> None:
    _, rules = separate({"level": nullable(match.regex("basic", regex="basic|premium"))})
    assert rules["$.level"]["matchers"][1] == {"match": "regex", "regex": "basic|premium"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"a": {"b": nullable(match.int(1))}}, "$.a.b"),
        ({"a-b": nullable(match.int(1))}, "$['a-b']"),
        ([{"x": 1}, {"x": nullable(match.int(1))}], "$[1].x"),
        ({"items": match.each_like({"n": nullable(match.int(1))}, min=1)}, "$.items[*].n"),
        ({"o": match.like({"n": nullable(match.int(1))})}, "$.o.n"),
    ],
)
def test_nullable_is_found_wherever_a_body_can_hold_it(body: object, path: str) -> None:
    plain, rules = separate(body)
    assert list(rules) == [path]
    assert "1" in json.dumps(written(plain))  # it can be written, with its example


def test_separate_leaves_the_given_body_as_it_was() -> None:
    like = match.each_like({"n": nullable(match.int(1))}, min=1)
    separate({"items": like})
    assert isinstance(like.value[0]["n"], Nullable)  # type: ignore[attr-defined]


def test_nullable_where_no_rule_can_be_written_is_refused() -> None:
    hidden = match.array_containing([nullable(match.int(1))])
    with pytest.raises(TypeError, match=r"nullable\(…\) may stand in the body"):
        written(separate({"list": hidden})[0])


def test_nullable_refuses_a_combination() -> None:
    with pytest.raises(TypeError, match="single matchers, not AndMatcher"):
        nullable(text("a", "a"))


@pytest.mark.parametrize("example", [{"a": 1}, [1]])
def test_nullable_refuses_an_object_or_a_list(example: object) -> None:
    with pytest.raises(TypeError, match="Pact refuses null where an object or a list"):
        nullable(match.like(example))


def test_nullable_refuses_a_matcher_without_example() -> None:
    with pytest.raises(ValueError, match="needs an example"):
        nullable(match.int())
