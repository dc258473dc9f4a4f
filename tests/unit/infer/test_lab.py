"""Faults of one entity hit its own requests, and no others."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.checks import Call
from seatrial.config import DeclaredPolicy, DeclaredRequest
from seatrial.infer.lab import PHASE, Lab
from seatrial.tap import JournalEntry
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


class PlantedWire:
    """A journal that is read as the tap's is, and remembers from where."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self.read: list[int] = []

    def add(self, entity: str, arrived_s: float, ended_s: float | None) -> None:
        """Let a request arrive; its id goes on from those of consumers before."""
        self.entries.append(
            JournalEntry(
                id=41 + len(self.entries),
                connection=1,
                method="GET",
                path=f"/things/{entity}",
                query="",
                in_flight=1,
                arrived_s=arrived_s,
                ended_s=ended_s,
            )
        )

    async def journal(self, since: int = 0) -> tuple[JournalEntry, ...]:
        """Return what came after an id."""
        self.read.append(since)
        return tuple(one for one in self.entries if one.id > since)


async def test_the_journal_is_read_on_from_what_was_over() -> None:
    lab, wire = lab_of(path="/things/{id}"), PlantedWire()
    calls = [
        Call(name, PHASE, at_s, at_s + 0.5, "good", 200)
        for name, at_s in (("a", 1.0), ("b", 2.0), ("a", 3.0))
    ]
    lab.wire, lab.driver = cast("Any", wire), cast("Any", SimpleNamespace(made=calls))
    lab.testbed = cast("Any", SimpleNamespace(edge=SimpleNamespace(policy=DeclaredPolicy())))
    wire.add("a", 1.1, 1.2)
    assert await lab.sent_by(calls[0]) == 1
    wire.add("b", 2.1, None)
    wire.add("b", 2.2, 2.3)
    assert await lab.sent_by(calls[1]) == 2
    assert await lab.sent_by(calls[2]) == 0
    wire.entries[1].ended_s = 3.0
    wire.add("a", 3.1, 3.2)
    assert await lab.sent_by(calls[2]) == 1
    assert wire.read == [0, 41, 41, 41]
    assert await lab.sent_by(calls[2]) == 1
    assert wire.read[-1] == 44
