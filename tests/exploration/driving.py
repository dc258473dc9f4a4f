"""Drive a search in this process."""

from seatrial.explore import Plan, Search
from tests.exploration.toys import System


def drive(search: Search, system: System, runs: int = 10**9) -> Search:
    """Run what a search plans, wave by wave, up to a number of runs."""
    while search.runs < runs and (plans := search.plans()):
        for plan in plans:
            search.saw(system(plan))
        for shrinking in search.shrinkings():
            while smaller := shrinking.plans():
                for plan in smaller:
                    shrinking.saw(system(plan))
    search.finish()
    return search


def search_of(system: System, faults: int, *, reduction: bool = True, seed: int = 0) -> Search:
    """Return a search after it ran all that it plans."""
    return drive(Search(system.name, faults, reduction=reduction, seed=seed), system)


def failing(search: Search) -> set[Plan]:
    """Return the sets that broke something."""
    return {one.observation.injected for one in search.failures}
