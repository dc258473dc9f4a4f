"""Faults of one entity hit its own requests, and no others."""

import asyncio
from typing import Any

import pytest

from seatrial.config import DeclaredRequest
from seatrial.infer.lab import Lab
from seatrial.tap.plan import RequestView
from seatrial.testbed import Upstream


@pytest.mark.parametrize(("path", "most"), [("/things/{id}", 5), ("/things", 1)])
async def test_calls_whose_requests_name_no_entity_are_made_one_after_the_other(
    path: str, most: int
) -> None:
    lab = lab_of(path=path)
    under_way, seen = 0, []

    async def call(_: str) -> None:
        nonlocal under_way
        under_way += 1
        seen.append(under_way)
        await asyncio.sleep(0)
        under_way -= 1

    lab.call = call  # type: ignore[assignment,method-assign]
    await lab.about(["a"] * 5)
    assert max(seen) == most


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
