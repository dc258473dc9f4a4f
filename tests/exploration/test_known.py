"""Systems whose faults and runs are known."""

import pytest

from seatrial.explore import Outcome
from tests.exploration.driving import failing, search_of
from tests.exploration.known import BRANCHES, NETFLIX, SYSTEMS
from tests.exploration.toys import System


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_search_with_reduction_and_plain_enumeration_find_the_same(system: System) -> None:
    plain, reduced = search_of(system, 2, reduction=False), search_of(system, 2)
    assert failing(plain) == failing(reduced)
    assert reduced.runs <= plain.runs
    assert plain.coverage.exhausted_to == reduced.coverage.exhausted_to == 2
    assert plain.coverage.sets == reduced.coverage.sets
    assert plain.coverage.count(Outcome.REDUCED) == 0


def test_pairs_in_branches_that_hide_what_failed_are_not_run() -> None:
    plain, reduced = search_of(BRANCHES, 2, reduction=False), search_of(BRANCHES, 2)
    assert reduced.coverage.count(Outcome.REDUCED) > 100
    assert reduced.runs * 2 < plain.coverage.count(Outcome.RUN)


def test_what_cannot_be_reached_together_is_not_run() -> None:
    plain, reduced = search_of(NETFLIX, 2, reduction=False), search_of(NETFLIX, 2)
    assert reduced.coverage.count(Outcome.UNREACHED) > 100
    assert reduced.runs * 1.7 < plain.runs
