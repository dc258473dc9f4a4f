"""Requests of a fan-out that differ by their bodies alone are distinguished by what differs."""

import json
from typing import Any

from seatrial.explore.fanout import Alike, distinguished, distinguishing_fields

CHARGE: Alike = ("pay", "POST /charges", "")


def run(*bodies: Any, name: Alike = CHARGE) -> list[tuple[Alike, str]]:
    return [(name, one if isinstance(one, str) else json.dumps(one)) for one in bodies]


def test_field_that_differs_within_a_run_and_not_between_runs_tells_apart() -> None:
    first = run({"item": "a", "price": 5, "key": "k1"}, {"item": "b", "price": 5, "key": "k2"})
    second = run({"item": "b", "price": 5, "key": "k3"}, {"item": "a", "price": 5, "key": "k4"})
    assert distinguishing_fields([first, second]) == {CHARGE: ("item",)}


def test_what_is_new_each_time_tells_nothing() -> None:
    assert (
        distinguishing_fields(
            [run({"key": "k1"}, {"key": "k2"}), run({"key": "k3"}, {"key": "k4"})]
        )
        == {}
    )


def test_requests_with_one_body_need_nothing() -> None:
    retried = run({"item": "a"}, {"item": "a"})
    assert distinguishing_fields([retried, retried]) == {}


def test_one_field_is_enough_where_it_tells_all_apart() -> None:
    bodies = run({"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 3})
    assert distinguishing_fields([bodies, bodies]) == {CHARGE: ("b",)}


def test_several_fields_where_none_tells_all_apart() -> None:
    bodies = run({"a": 1, "b": [1]}, {"a": 1, "b": [2]}, {"a": 2, "b": [1]}, {"a": 2, "b": [2]})
    assert distinguishing_fields([bodies, bodies]) == {CHARGE: ("a", "b[0]")}


def test_text_tells_as_a_whole() -> None:
    bodies = run("one", "two")
    assert distinguishing_fields([bodies, bodies]) == {CHARGE: ("",)}
    assert distinguished("", "one", ("",)) == "body=one"


def test_requests_of_other_names_are_looked_at_apart() -> None:
    other: Alike = ("pay", "POST /refunds", "")
    bodies = [*run({"a": 1}), *run({"a": 2}, name=other)]
    assert distinguishing_fields([bodies, bodies]) == {}


def test_point_is_named_by_what_tells_it_apart_and_never_by_a_secret() -> None:
    body = json.dumps({"item": {"id": "a"}, "token": "abc123", "n": 2})
    assert distinguished("x=1", body, ("item.id", "n")) == "x=1, item.id=a, n=2"
    assert "abc123" not in distinguished("", body, ("token",))
    assert distinguished("", "{}", ("n",)) == "n="


def test_long_values_stay_apart() -> None:
    first, second = ({"text": "x" * 100 + end} for end in "ab")
    names = {distinguished("", json.dumps(one), ("text",)) for one in (first, second)}
    assert len(names) == 2
    assert all(len(one) < 90 for one in names)
