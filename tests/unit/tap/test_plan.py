"""Which rule takes a request."""

import re
import time
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from seatrial.tap import ACTIONS, Body, Forward, Match, Reset, Rule, Status, When
from seatrial.tap.message import Headers
from seatrial.tap.plan import MAX_COUNTERS, Plan, RequestView

HEADERS = Headers()
HEADERS.add(b"X-User", b"u-1")
HEADERS.add(b"X-User-Id", b"u-9")
GET = RequestView("GET", "/users/1", "a=1&b=&a=2", HEADERS, trace_id="t-1")


def taken(
    rules: Sequence[Rule], asked: Sequence[RequestView], now_s: float = 0.0
) -> list[int | None]:
    """The place of the rule that takes each request."""
    plan = Plan(tuple(rules), 0.0)
    decisions = [plan.decide(each, now_s) for each in asked]
    return [None if decision is None else decision[0] for decision in decisions]


@pytest.mark.parametrize(
    "match",
    [
        {},
        {"method": "GET|PUT"},
        {"path": "/users/.*"},
        {"query": {"a": "2"}},
        {"query": {"b": ""}},
        {"header": {"x-user": "u-.*"}},
        {"entity": "1"},
        {"entity": "2"},
        {"entity": "u-9", "entity_header": "x-user-id"},
        {"method": "GET", "path": "/users/1", "query": {"a": "1"}, "header": {"X-USER": "u-1"}},
    ],
)
def test_match_covers_what_fits_in_all_that_it_says(match: dict[str, Any]) -> None:
    assert Match.model_validate(match).covers(GET)


@pytest.mark.parametrize(
    "match",
    [
        {"method": "G"},
        {"path": "/users"},
        {"path": "/users/1?a=1"},
        {"query": {"a": "3"}},
        {"query": {"c": ".*"}},
        {"header": {"x-user": "u"}},
        {"header": {"x-none": ".*"}},
        {"method": "GET", "path": "/users/2"},
        {"entity": "u-1"},
        {"entity": ""},
        {"entity": "u-9"},
        {"entity": "u-9", "entity_header": "x-other"},
    ],
)
def test_match_misses_what_differs_in_one_part(match: dict[str, Any]) -> None:
    assert not Match.model_validate(match).covers(GET)


def test_first_takes_so_many_and_no_more() -> None:
    assert taken([Rule(when=When(first=2), do=Status())], [GET] * 4) == [0, 0, None, None]


def test_every_takes_the_nth_the_2nth_and_so_on() -> None:
    assert taken([Rule(when=When(every=3), do=Status())], [GET] * 6) == [None, None, 0] * 2


def test_nth_takes_one_alone() -> None:
    rules = [Rule(when=When(nth=2), do=Status())]
    assert taken(rules, [GET] * 4) == [None, 0, None, None]


def test_window_counts_from_when_its_rule_came_into_force() -> None:
    plan = Plan((Rule(when=When(window=(1.0, 2.0)), do=Status()),), 100.0)
    decided = [plan.decide(GET, at_s) is not None for at_s in (100.99, 101.0, 101.99, 102.0)]
    assert decided == [False, True, True, False]


def test_rule_that_says_no_time_takes_every_request() -> None:
    assert taken([Rule(do=Reset())], [GET] * 3) == [0, 0, 0]


def test_rules_in_a_row_take_turns() -> None:
    rules = [
        Rule(when=When(first=2), do=Status()),
        Rule(when=When(first=1), do=Forward()),
        Rule(when=When(first=1), do=Reset()),
    ]
    assert taken(rules, [GET] * 5) == [0, 0, 1, 2, None]


def test_rule_goes_on_counting_while_others_come_and_go() -> None:
    outer = Rule(id="outer", when=When(first=2), do=Status())
    inner = Rule(id="inner", when=When(first=1), do=Reset())
    plan = Plan((outer,), 0.0)
    took = [plan.decide(GET, 0.0)]
    plan = Plan((inner, outer), 1.0, plan)
    took += [plan.decide(GET, 1.0), plan.decide(GET, 1.0), plan.decide(GET, 1.0)]
    plan = Plan((outer,), 2.0, plan)
    took += [plan.decide(GET, 2.0)]
    assert [one and one.rule.id for one in took] == ["outer", "inner", "outer", None, None]
    assert [rule.age_s for rule in plan.state(3.0).rules] == [3.0]


def test_rule_begins_again_without_an_id_or_with_another_content() -> None:
    rules = [Rule(when=When(first=1), do=Status()), Rule(id="a", when=When(first=1), do=Status())]
    others = [rules[0], Rule(id="a", when=When(first=1), do=Reset())]
    for rule, other in zip(rules, others, strict=True):
        plan = Plan((rule,), 0.0)
        first = plan.decide(GET, 0.0)
        again = Plan((other,), 0.0, plan).decide(GET, 0.0)
        assert first is not None
        assert again is not None
        assert first.term != again.term


def test_requests_that_do_not_match_are_not_counted() -> None:
    other = RequestView("GET", "/other", "")
    rule = Rule(match=Match(path="/users/.*"), when=When(first=1), do=Status())
    assert taken([rule], [other, GET, GET]) == [None, 0, None]


def test_per_path_counts_each_path_apart() -> None:
    paths = [RequestView("GET", path, "") for path in ("/a", "/b", "/a", "/b")]
    assert taken([Rule(when=When(first=1), per="path", do=Status())], paths) == [0, 0, None, None]


def test_per_trace_counts_each_trace_apart() -> None:
    asked = [RequestView("GET", "/a", "", trace_id=trace) for trace in ("x", "y", "x", None, None)]
    rule = Rule(when=When(first=1), per="trace", do=Status())
    assert taken([rule], asked) == [0, 0, None, 0, None]


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|aa)*b", "(.*)*.*x"])
def test_no_pattern_takes_longer_than_its_text(pattern: str) -> None:
    long = RequestView("GET", "/" + "a" * 50_000, "")
    began_s = time.process_time()
    assert not Match(path=f"/{pattern}").covers(long)
    assert time.process_time() - began_s < 1.0


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "(", "a{1,5000}"])
def test_pattern_that_cannot_be_matched_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match="isn't a regular expression of RE2"):
        Match(path=pattern)


@pytest.mark.parametrize("path", ["/plain-path~1", "/users/\xe9", "/a b"])
def test_pattern_made_of_any_path_matches_it(path: str) -> None:
    for pattern in (path, re.escape(path), re.escape(path) + "x?"):
        assert Match(path=pattern).covers(RequestView("GET", path, ""))
        assert not Match(path=pattern).covers(RequestView("GET", path + "y", ""))


def test_an_entity_is_found_among_several_and_as_it_was_meant() -> None:
    several = RequestView("GET", "/users", "ids=a,b%2Fc,d")
    spelled = RequestView("GET", "/users/a%20b/card", "")
    assert [Match(entity=name).covers(several) for name in ("a", "b/c", "c")] == [True, True, False]
    assert Match(entity="a b").covers(spelled)


def test_per_key_counts_each_idempotency_key_apart() -> None:
    asked = [RequestView("POST", "/a", "", key=key) for key in ("x", "y", "x", "y")]
    rule = Rule(when=When(first=1), per="key", do=Status())
    assert taken([rule], asked) == [0, 0, None, None]


def test_counters_are_bounded_and_the_ones_unused_longest_go() -> None:
    paths = [RequestView("GET", f"/{n}", "") for n in range(MAX_COUNTERS + 1)]
    rule = Rule(when=When(first=1), per="path", do=Status())
    assert taken([rule], [*paths, paths[1], paths[0]])[-2:] == [None, 0]


def test_state_says_how_often_each_rule_matched_and_was_applied() -> None:
    plan = Plan((Rule(when=When(first=1), do=Status()), Rule(when=When(every=2), do=Reset())), 5.0)
    for _ in range(4):
        plan.decide(GET, 6.0)
    state = plan.state(7.5)
    assert [rule.age_s for rule in state.rules] == [2.5, 2.5]
    assert [(rule.matched, rule.applied) for rule in state.rules] == [(4, 1), (3, 1)]


@pytest.mark.parametrize("kind", ACTIONS)
def test_every_action_says_what_it_does_and_survives_the_wire(kind: str) -> None:
    all_needed: dict[str, dict[str, Any]] = {"delay": {"delayS": 1}, "body": {"json": None}}
    needed = all_needed.get(kind, {})
    rule = Rule.model_validate({"do": {"kind": kind} | needed})
    sent = rule.model_dump_json(by_alias=True, exclude_unset=True)
    assert Rule.model_validate_json(sent) == rule
    assert type(rule.do) is ACTIONS[kind]
    assert rule.do.explanation().endswith(".")


def test_body_null_survives_the_wire() -> None:
    rule = Rule(do=Body.model_validate({"json": None}))
    again = Rule.model_validate_json(rule.model_dump_json(by_alias=True, exclude_unset=True))
    assert "json_body" in again.do.model_fields_set


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({}, "do"),
        ({"do": {}}, "do"),
        ({"do": {"kind": "explode"}}, "do"),
        ({"do": {"kind": "status", "status": 99}}, "do.status"),
        ({"do": {"kind": "status", "status": "x"}}, "do.status"),
        ({"do": {"kind": "status", "headers": {"a b": "c"}}}, "do.headers"),
        ({"do": {"kind": "status", "headers": {"a": "b\r\nc: d"}}}, "do.headers"),
        ({"do": {"kind": "status", "headers": {"Content-Length": "1"}}}, "do.headers"),
        ({"do": {"kind": "body"}}, "do"),
        ({"do": {"kind": "body", "text": "a", "json": 1}}, "do"),
        ({"do": {"kind": "delay"}}, "do.delayS"),
        ({"do": {"kind": "delay", "delayS": -1}}, "do.delayS"),
        ({"do": {"kind": "delay", "delayS": "inf"}}, "do.delayS"),
        ({"do": {"kind": "delay", "delayS": float("nan")}}, "do.delayS"),
        ({"do": {"kind": "drip", "intervalS": 0}}, "do.intervalS"),
        ({"do": {"kind": "half_body", "share": 1}}, "do.share"),
        ({"do": {"kind": "reset", "extra": 1}}, "do.extra"),
        ({"do": {"kind": "reset"}, "match": {"path": "("}}, "match.path"),
        ({"do": {"kind": "reset"}, "match": {"path": "a{2000}"}}, "match.path"),
        ({"do": {"kind": "reset"}, "match": {"path": "a" * 501}}, "match.path"),
        ({"do": {"kind": "reset"}, "match": {"header": {"x": "["}}}, "match.header.x"),
        ({"do": {"kind": "reset"}, "when": {"first": 0}}, "when.first"),
        ({"do": {"kind": "reset"}, "when": {"first": 1, "every": 1}}, "when"),
        ({"do": {"kind": "reset"}, "when": {"window": [2, 1]}}, "when"),
        ({"do": {"kind": "reset"}, "when": {"window": [0]}}, "when.window.1"),
        ({"do": {"kind": "reset"}, "per": "user"}, "per"),
        ({"do": {"kind": "reset"}, "nonsense": 1}, "nonsense"),
    ],
)
def test_malformed_rule_is_refused_by_its_place(rule: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Rule).validate_python(rule)
    assert place in [".".join(map(str, error["loc"])) for error in caught.value.errors()]
