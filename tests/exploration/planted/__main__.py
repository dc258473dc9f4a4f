"""`python -m tests.exploration.planted`: looks for each planted defect, and says what it took.

Runs to find it, of how many, and of how many sets plain enumeration would run; the smallest set;
and whether that broke the same promise on processes with a real Toxiproxy.
"""

import argparse
import sys
import time

from seatrial.explore import fault_of
from seatrial.results import Replay
from tests.exploration.planted.finding import (
    Found,
    again_on_toxiproxy,
    find,
    look_at_the_right_one,
    said,
)
from tests.exploration.planted.table import PLANTED, Planted

_WIDTHS = "{:34} {:>5} {:>5} {:>6} {:11} {}"
_TITLES = ("defect", "found", "runs", "plain", "toxiproxy", "smallest set")


def main() -> int:
    """Look for defects while there is time, and print a line for each; 0 if all were found."""
    options = _options()
    names = set(options.names)
    chosen = [one for one in PLANTED if not names or {one.name, one.system} & names]
    until_s = time.monotonic() + options.budget
    print(_WIDTHS.format(*_TITLES))
    found: list[Found] = []
    for planted in chosen:
        if time.monotonic() >= until_s:
            break
        found.append(find(planted))
        replay = again_on_toxiproxy(found[-1]) if options.replay else None
        _print(found[-1], planted, replay)
    clean = [
        look_at_the_right_one(system, journey, 1)
        for system, journey in dict.fromkeys((one.system, one.journey) for one in chosen)
        if time.monotonic() < until_s
    ]
    right = sum(one.is_right for one in found)
    alarms = sum(len(one.cases) for one in clean)
    print(f"planted {len(chosen)}")
    print(f"found {right} of {len(found)} that were looked for")
    print(f"false_alarms {alarms} in {sum(one.runs for one in clean)} runs without a defect")
    if left := [one.name for one in chosen[len(found) :]]:
        print(f"no time left for: {' '.join(left)}")
    return int(right < len(found) or alarms > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.exploration.planted", description=__doc__
    )
    parser.add_argument("names", nargs="*", help="only these defects, or those of these systems")
    parser.add_argument(
        "--budget", type=float, default=540.0, help="seconds; then no search begins (%(default)s)"
    )
    parser.add_argument(
        "--no-replay", dest="replay", action="store_false", help="not on a real Toxiproxy as well"
    )
    options = parser.parse_args()
    known = {name for one in PLANTED for name in (one.name, one.system)}
    if unknown := set(options.names) - known:
        parser.error(f"there is no defect {', '.join(sorted(unknown))}")
    return options


def _print(found: Found, planted: Planted, replay: Replay | None) -> None:
    case = found.case
    smallest = said(frozenset(map(fault_of, case.faults))) if case else "NOT FOUND"
    if case is None and found.cases:
        others = (said(frozenset(map(fault_of, one.faults))) for one in found.cases)
        smallest += f", but {'; '.join(others)}"
    engine = "-" if replay is None else "reproduced" if replay.reproduced else "NOT"
    if replay is not None and replay.reproduced and not replay.faithful:
        engine = "by the tap"
    print(
        _WIDTHS.format(
            f"{planted.system} {planted.name}",
            case.runs_to_find if case else "-",
            found.runs,
            found.plain,
            engine,
            smallest,
        ),
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
