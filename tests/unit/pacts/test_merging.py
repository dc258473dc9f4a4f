"""One pact of many interactions: the same whatever the order, never one silently for two."""

import itertools
import json
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.book import as_text, merge
from seatrial.pacts.committed import compare, update
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import read_pact
from seatrial.pacts.interactions import Interaction


def interaction(
    description: str, *states: str, consumer: str = "web", path: str = "/"
) -> Interaction:
    """An interaction with user-service."""
    return Interaction(
        consumer,
        "user-service",
        {
            "type": "Synchronous/HTTP",
            "description": description,
            "providerStates": [{"name": name} for name in states],
            "request": {"method": "GET", "path": path},
            "response": {"status": 200},
        },
    )


def test_the_order_of_playing_does_not_change_the_pact() -> None:
    parts = [interaction("b"), interaction("a", "s2"), interaction("a", "s1")]
    texts = {as_text(merge(order)) for order in itertools.permutations(parts)}
    assert len(texts) == 1
    order = [(each["description"], each["providerStates"]) for each in merge(parts)["interactions"]]
    assert order == [("a", [{"name": "s1"}]), ("a", [{"name": "s2"}]), ("b", [])]


def test_one_description_and_state_twice_is_refused_though_the_requests_differ() -> None:
    with pytest.raises(UsageError, match=r"two interactions are called .*get a user \(a user"):
        merge(
            [
                interaction("get a user", "a user exists", path="/users/1"),
                interaction("get a user", "a user exists", path="/users/2"),
            ]
        )


def test_interactions_of_two_pairs_are_refused() -> None:
    with pytest.raises(UsageError, match="of 2 pairs"):
        merge([interaction("a"), interaction("a", consumer="app")])


def test_merging_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="of 0 pairs"):
        merge([])


def test_what_is_written_can_be_read_and_compares_equal(tmp_path: Path) -> None:
    produced = merge([interaction("a"), interaction("b")])
    path = tmp_path / "pacts" / "web-user-service.json"
    assert update(produced, path) is True
    assert update(produced, path) is False
    assert len(read_pact(path).interactions) == 2
    compare(produced, path)


def test_another_layout_of_the_same_pact_compares_equal(tmp_path: Path) -> None:
    produced = merge([interaction("a")])
    path = tmp_path / "p.json"
    path.write_text(json.dumps(produced), encoding="utf-8")
    compare(produced, path)


def test_a_difference_is_shown_with_its_mend(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    update(merge([interaction("a", path="/users/1")]), path)
    with pytest.raises(ContractBroken) as raised:
        compare(merge([interaction("a", path="/users/2")]), path)
    assert "--pact-update" in raised.value.explanation
    assert '-        "path": "/users/1"' in raised.value.output
    assert '+        "path": "/users/2"' in raised.value.output


def test_an_interaction_more_is_a_difference(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    update(merge([interaction("a"), interaction("b")]), path)
    with pytest.raises(ContractBroken, match="is not what the consumer's tests produce"):
        compare(merge([interaction("a")]), path)


def test_a_pact_that_was_never_committed_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match="is not there; write it with"):
        compare(merge([interaction("a")]), tmp_path / "p.json")


def test_a_broken_committed_pact_is_a_usage_error(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text("{")
    with pytest.raises(UsageError, match="not a whole JSON document"):
        compare(merge([interaction("a")]), path)
