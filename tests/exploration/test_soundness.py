"""Reduction loses nothing: held to plain enumeration, on systems nobody chose."""

import os

from hypothesis import HealthCheck, event, given, settings

from tests.exploration.driving import failing, search_of
from tests.exploration.generated import systems
from tests.exploration.toys import System


@settings(
    max_examples=int(os.environ.get("EXPLORATION_EXAMPLES", "60")),
    deadline=None,
    derandomize="EXPLORATION_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
@given(systems())
def test_the_same_minimal_sets_fail_with_reduction_and_without(system: System) -> None:
    plain, reduced = search_of(system, 2, reduction=False), search_of(system, 2)
    event(f"failing sets of two: {min(3, sum(len(one) == 2 for one in failing(plain)))}")
    event(f"runs saved: {(plain.runs - reduced.runs) * 10 // plain.runs * 10} %")
    assert failing(plain) == failing(reduced)
    assert reduced.unclear == frozenset()
    assert plain.coverage.exhausted_to == reduced.coverage.exhausted_to == 2
