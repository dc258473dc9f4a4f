"""Systems whose faults and runs are known."""

import pytest

from seatrial.explore import Outcome
from tests.exploration.driving import failing, search_of
from tests.exploration.known import SYSTEMS
from tests.exploration.toys import System


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_search_with_reduction_and_plain_enumeration_find_the_same(system: System) -> None:
    plain, reduced = search_of(system, 2, reduction=False), search_of(system, 2)
    assert failing(plain) == failing(reduced)
    assert reduced.runs <= plain.runs
    assert plain.coverage.exhausted_to == reduced.coverage.exhausted_to == 2
    assert plain.coverage.sets == reduced.coverage.sets
    assert plain.coverage.count(Outcome.REDUCED) == 0


def test_reduction_saves_most_where_services_are_nested() -> None:
    netflix = next(one for one in SYSTEMS if one.name == "netflix")
    assert search_of(netflix, 2).runs * 1.7 < search_of(netflix, 2, reduction=False).runs
