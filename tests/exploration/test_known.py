"""Systems whose faults and runs are known."""

import pytest

from seatrial.explore import Outcome
from tests.exploration.driving import failing, search_of
from tests.exploration.known import BRANCHES, NETFLIX, PUBLISHED, SYSTEMS
from tests.exploration.toys import System


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_search_with_reduction_and_plain_enumeration_find_the_same(system: System) -> None:
    plain, reduced = search_of(system, 2, reduction=False), search_of(system, 2)
    assert failing(plain) == failing(reduced)
    assert reduced.runs <= plain.runs
    assert plain.coverage.exhausted_to == reduced.coverage.exhausted_to == 2
    assert plain.coverage.sets == reduced.coverage.sets
    assert plain.coverage.count(Outcome.REDUCED) == 0


@pytest.mark.parametrize(("runs", "system"), PUBLISHED, ids=lambda one: getattr(one, "name", None))
def test_a_search_makes_as_many_runs_as_were_published(runs: int, system: System) -> None:
    found = search_of(system, 8)
    assert found.runs == runs
    assert not found.failures
    assert not found.unclear


def test_pairs_in_branches_that_hide_what_failed_are_not_run() -> None:
    plain, reduced = search_of(BRANCHES, 2, reduction=False), search_of(BRANCHES, 2)
    assert reduced.coverage.count(Outcome.REDUCED) > 100
    assert reduced.runs * 2 < plain.coverage.count(Outcome.RUN)


def test_what_cannot_be_reached_together_is_not_run() -> None:
    plain, reduced = search_of(NETFLIX, 2, reduction=False), search_of(NETFLIX, 2)
    assert reduced.coverage.count(Outcome.UNREACHED) > 100
    assert reduced.runs * 1.7 < plain.runs
