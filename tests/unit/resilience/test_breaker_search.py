"""The breaker under exhaustive search: all that can happen, all thirteen invariants."""

import sys
from unittest.mock import patch

import pytest

from tests.unit.resilience.search.explore import Search, explore
from tests.unit.resilience.search.monitor import INVARIANTS
from tests.unit.resilience.search.mutants import MUTANTS, Mutant
from tests.unit.resilience.search.subjects import ByCall, ByPermit, Design, Rules, Subject

BROKEN_BY_THE_DESIGN = {"I3", "I4", "I5", "I6", "I7", "I10"}

SEARCHES = [
    (ByPermit, Rules(probes=1, calls=6), 750),
    (ByPermit, Rules(probes=2, calls=6), 2010),
    (ByPermit, Rules(probes=3, calls=6), 4762),
    (ByCall, Rules(probes=2, calls=4), 944),
]


@pytest.mark.parametrize(
    ("subject", "rules", "states"),
    SEARCHES,
    ids=[f"{subject.__name__}-{rules.probes}-probes" for subject, rules, _ in SEARCHES],
)
def test_every_state_of_the_real_breaker_keeps_all_invariants(
    subject: type[Subject], rules: Rules, states: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explore(Search(subject, rules))
    with capsys.disabled():
        sys.stdout.write(f"\n{subject.__name__}, {rules.probes} probes: {found.states} states ")
    assert found.broken == {}
    assert found.states == states


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.invariant} {mutant.name}")
def test_a_planted_mistake_is_caught_by_name(mutant: Mutant) -> None:
    search = Search(ByPermit, Rules(calls=4))
    with patch.object(mutant.owner, mutant.method, mutant.wrong):
        found = explore(search, enough=lambda found: mutant.invariant in found.broken)
    assert mutant.invariant in found.broken


def test_each_invariant_has_a_mistake_that_it_must_catch() -> None:
    assert {mutant.invariant for mutant in MUTANTS} == set(INVARIANTS)


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_the_designs_breaker_breaks_what_the_readme_says(invariant: str) -> None:
    search = Search(Design, Rules(calls=3), watched=[invariant])
    found = explore(search, enough=lambda found: bool(found.broken))
    assert (invariant in found.broken) == (invariant in BROKEN_BY_THE_DESIGN)
