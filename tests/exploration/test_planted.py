"""Planted defects are found with the set that was planted; the whole table is a command."""

import pytest

from tests.exploration.planted.finding import find, look_at_the_right_one
from tests.exploration.planted.table import PLANTED, Planted

QUICK = ("raises-403", "half-is-whole", "caches-failure", "old-card-as-fresh")


@pytest.mark.parametrize(
    "planted", [one for one in PLANTED if one.name in QUICK], ids=lambda one: one.name
)
def test_a_planted_defect_is_found(planted: Planted) -> None:
    assert find(planted).is_right


def test_nothing_is_found_in_the_system_without_a_defect() -> None:
    found = look_at_the_right_one("asgi", "look", 1)
    assert found.is_right
    assert found.runs > 20
