"""Planted defects are found with the set that was planted; the whole table is a command."""

import pytest

from seatrial.explore.search import Search
from seatrial.explore.spec import RunnerSpec
from tests.exploration.planted.finding import find, look_at_the_right_one, project
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


def test_a_service_that_goes_on_in_the_recovery_is_not_unclear() -> None:
    search = Search("buy", 1)
    with project("asgi") as config, RunnerSpec(config, "buy", virtual=True)() as run:
        while plans := search.plans():
            for plan in plans:
                search.saw(run(plan))
    assert search.runs > 20
    assert search.unclear == frozenset()
