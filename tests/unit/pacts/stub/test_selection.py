"""Which interactions may answer, by the states that are selected."""

from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.files import PactFile
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.stub.selection import States, StateSelection, groups_of, tiers


def interaction(name: str, **states: dict[str, Any]) -> Interaction:
    document = {
        "type": "Synchronous/HTTP",
        "description": name,
        "providerStates": [{"name": state, "params": params} for state, params in states.items()],
        "request": {"method": "GET", "path": "/"},
        "response": {"status": 200},
    }
    return Interaction("web", "users", document)


def pact(*interactions: Interaction) -> PactFile:
    return PactFile(Path("web-users.json"), "web", "users", interactions)


PACT = pact(
    interaction("plain"),
    interaction("ada", exists={"id": "ada"}),
    interaction("bob", exists={"id": "bob"}),
    interaction("away", away={}),
    interaction("both", exists={"id": "ada"}, away={}),
)


def order(selected: States) -> list[list[str]]:
    """The descriptions, tier by tier, without the empty tiers."""
    found = tiers(groups_of(PACT), selected)
    named = [[m.description for g in tier for _, m in g.members] for tier in found]
    return [tier for tier in named if tier]


def test_while_nothing_is_selected_what_needs_no_state_comes_first() -> None:
    assert order({}) == [["plain"], ["ada", "bob", "away", "both"]]


def test_the_selected_state_comes_first_and_others_do_not_come_at_all() -> None:
    assert order({"away": {}}) == [["away"], ["plain"]]


def test_parameters_tell_two_of_one_state_apart() -> None:
    assert order({"exists": {"id": "bob"}}) == [["bob"], ["ada"], ["plain"]]


def test_without_parameters_both_of_one_state_are_equally_fit() -> None:
    assert order({"exists": {}}) == [["ada", "bob"], ["plain"]]


def test_what_needs_all_that_is_selected_comes_before_what_needs_less() -> None:
    selected = {"exists": {"id": "ada"}, "away": {}}
    assert order(selected) == [["both"], ["ada", "away"], ["bob"], ["plain"]]


def test_a_state_that_nothing_needs_is_refused_by_name() -> None:
    selection = StateSelection(frozenset({"exists"}))
    with pytest.raises(UsageError, match=r"'exist' \(known: 'exists'\)"):
        selection.select("exist", {})


def test_a_pact_of_messages_alone_is_refused() -> None:
    document = {"type": "Asynchronous/Messages", "description": "m", "contents": {"content": 1}}
    with pytest.raises(UsageError, match="holds messages alone"):
        groups_of(pact(Interaction("web", "users", document)))
