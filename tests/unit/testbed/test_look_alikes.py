"""Ids that a careless key takes for one another."""

from seatrial.config import Entity
from seatrial.testbed import EntityFactory


def test_made_up_ids_look_alike_and_differ() -> None:
    ids = EntityFactory("things", Entity(ids="thing-{n}"), "http://127.0.0.1:1").look_alikes()
    assert len(set(ids)) == len(ids)
    assert len({one.lower() for one in ids}) < len(ids)
    assert all(one.startswith("thing-") for one in ids)


def test_where_the_provider_makes_ids_there_are_none() -> None:
    made = Entity(path="/things")
    assert EntityFactory("things", made, "http://127.0.0.1:1").look_alikes() == []
