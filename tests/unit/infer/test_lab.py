"""Faults of one entity hit its own requests, and no others."""

from typing import Any

from seatrial.config import DeclaredRequest
from seatrial.infer.lab import Lab
from seatrial.tap.plan import RequestView
from seatrial.testbed import Upstream


def lab_of(**request: Any) -> Lab:
    """Return a lab of an edge whose requests look so; it has no wire."""
    nothing: Any = None
    return Lab(nothing, nothing, nothing, Upstream(DeclaredRequest(**request)), patience_s=1.0)


def test_a_rule_for_an_entity_in_the_path_covers_no_other_one() -> None:
    match = lab_of(path="/things/{id}").match_of("thing-1")
    assert match.covers(RequestView("GET", "/things/thing-1", ""))
    assert not match.covers(RequestView("GET", "/things/thing-10", ""))


def test_a_rule_for_an_entity_in_the_query_covers_no_other_one() -> None:
    lab = lab_of(method="POST", path="/charges", query={"thing": "{id}"})
    assert lab.match_of("a.b").covers(RequestView("POST", "/charges", "thing=a.b"))
    assert not lab.match_of("a.b").covers(RequestView("POST", "/charges", "thing=axb"))
