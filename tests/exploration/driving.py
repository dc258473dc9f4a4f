"""Drive a search in this process."""

from seatrial.explore import Plan, Search
from tests.exploration.toys import System


def search_of(system: System, faults: int, *, reduction: bool = True, seed: int = 0) -> Search:
    """Return a search after it ran all that it plans."""
    search = Search(system.name, faults, reduction=reduction, seed=seed)
    while (plans := search.plans()) and not search.exhausted:
        for plan in plans:
            search.saw(system(plan))
    search.finish()
    return search


def failing(search: Search) -> set[Plan]:
    """Return the sets that broke something."""
    return {one.observation.injected for one in search.failures}
