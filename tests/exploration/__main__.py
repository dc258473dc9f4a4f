"""Print how many runs a search takes, with reduction and without: `python -m tests.exploration`."""

import argparse

from seatrial.explore import Outcome, cases_of
from tests.exploration.driving import failing, search_of
from tests.exploration.known import SYSTEMS

_WIDTHS = "{:28} {:>6} {:>9} {:>9} {:>9} {:>6} {:>6}"
_TITLES = ("system", "points", "plain", "reachable", "reduced", "cases", "same")


def main() -> None:
    """Search each toy twice, and compare the runs.

    Plain enumeration runs all sets, reachable are those whose faults all came to pass, reduced is
    what the search runs.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.exploration", description=__doc__)
    parser.add_argument("--faults", type=int, default=2, help="in a set at most (%(default)s)")
    faults = parser.parse_args().faults
    print(_WIDTHS.format(*_TITLES))
    for system in SYSTEMS:
        plain = search_of(system, faults, reduction=False)
        reduced = search_of(system, faults)
        print(
            _WIDTHS.format(
                system.name,
                len(reduced.coverage.alternatives),
                plain.runs,
                plain.coverage.count(Outcome.RUN),
                reduced.runs,
                len(cases_of(reduced)),
                "yes" if failing(plain) == failing(reduced) else "NO",
            )
        )


if __name__ == "__main__":
    main()
