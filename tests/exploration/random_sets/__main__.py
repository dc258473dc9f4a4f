"""`python -m tests.exploration.random_sets`: how many random sets find what needs three faults.

Ours are drawn from runs that reached new points; Hypothesis draws from the same faults. Both begin
where all pairs were looked at.
"""

import argparse
from collections.abc import Iterator
from statistics import median

from hypothesis import HealthCheck, Phase, find, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from seatrial.explore import Fault, Plan
from tests.exploration.driving import failing, search_of
from tests.exploration.generated import systems
from tests.exploration.toys import System

_PAIRS, _LARGEST = 2, 5
_WIDTHS = "{:12} {:>7} {:>7} {:>7} {:>9}"


def main() -> None:
    """Look for the smallest sets of generated systems in two ways, and compare the runs."""
    parser = argparse.ArgumentParser(prog="python -m tests.exploration.random_sets")
    parser.add_argument("--systems", type=int, default=30, help="(%(default)s)")
    parser.add_argument("--runs", type=int, default=1000, help="at most for each (%(default)s)")
    options = parser.parse_args()
    found = list(_with_three_faults(options.systems))
    print(_WIDTHS.format("sets of", "found", "median", "mean", "systems"))
    for name, count in {"ours": _ours, "Hypothesis": _hypothesis}.items():
        runs = [count(each, options.runs) for each in found]
        hits = sum(one < options.runs for one in runs)
        mean = sum(runs) / len(runs)
        print(_WIDTHS.format(name, hits, f"{median(runs):.0f}", f"{mean:.0f}", len(runs)))


def _with_three_faults(count: int) -> Iterator[System]:
    """Yield systems in which three faults break something, and no two do."""
    made: list[System] = []

    @seed(1)
    @settings(
        max_examples=200 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(systems())
    def collect(system: System) -> None:
        if len(made) < count and not failing(search_of(system, _PAIRS)):
            faults = _faults(system)
            if 3 <= len(faults) <= 60 and failing(search_of(system, 3)):
                made.append(system)

    collect()
    yield from made


def _faults(system: System) -> list[Fault]:
    known = search_of(system, _PAIRS).coverage.alternatives
    return [Fault(point, kind) for point, kinds in known.items() for kind in kinds]


def _ours(system: System, most: int) -> int:
    search = search_of(system, _PAIRS)
    search.random = True
    began = search.runs
    while not search.failures and search.runs - began < most and (plans := search.plans()):
        for plan in plans:
            search.saw(system(plan))
        search.pause()
    return search.failures[0].run - began if search.failures else most


def _hypothesis(system: System, most: int) -> int:
    runs, found = 0, list[Plan]()

    def breaks(faults: frozenset[Fault]) -> bool:
        nonlocal runs
        plan: Plan = frozenset({one.point: one for one in sorted(faults)}.values())
        if len(plan) <= _PAIRS:
            return False
        runs += not found
        if system(plan).broke:
            found.append(plan)
        return bool(found)

    sets = st.frozensets(st.sampled_from(_faults(system)), min_size=3, max_size=_LARGEST)
    try:
        find(
            sets,
            breaks,
            settings=settings(
                max_examples=most,
                database=None,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    except NoSuchExample:
        return most
    return runs


if __name__ == "__main__":
    main()
