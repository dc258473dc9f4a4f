"""`python -m tests.exploration.planted`: looks for each planted defect, and says what it took.

Runs to find it, of how many, and of how many sets plain enumeration would run; the smallest set;
and whether that broke the same promise on processes with a real Toxiproxy. With `--json FILE` it
can be done in parts: what the file has isn't looked for again.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from seatrial.errors import SeatrialError
from seatrial.files import write_whole
from tests.exploration.planted.finding import Row, clean_row, row_of
from tests.exploration.planted.table import PLANTED, Planted

_WIDTHS = "{:41} {:>5} {:>5} {:>6} {:11} {}"
_TITLES = ("defect", "found", "runs", "plain", "toxiproxy", "smallest set")


def main() -> int:
    """Look for defects while there is time, and print a line for each; 0 if all were found."""
    options = _options()
    names = set(options.names)
    chosen = [one for one in PLANTED if not names or {one.name, one.system} & names]
    kept = _read(options.json)
    print(_WIDTHS.format(*_TITLES), flush=True)
    left: list[str] = []
    rows: list[Row] = []
    until_s = time.monotonic() + options.budget
    for name, planted in _all(chosen):
        if name not in kept:
            if time.monotonic() >= until_s:
                left.append(name)
                continue
            try:
                if isinstance(planted, Planted):
                    kept[name] = row_of(planted, replay=options.replay)
                else:
                    kept[name] = clean_row(*planted)
            except SeatrialError as error:
                print(f"{name}: {error}", flush=True)
                left.append(name)
                continue
            _write(options.json, kept)
        rows.append(kept[name])
        print(_line(name, kept[name]), flush=True)
    _print_figures(rows)
    if left:
        print(f"not looked for: {', '.join(left)}")
    return int(bool(left) or not all(one.is_right for one in rows))


def _all(chosen: list[Planted]) -> Iterator[tuple[str, Planted | tuple[str, str]]]:
    for one in chosen:
        yield f"{one.system} {one.name} ({one.journey})", one
    for pair in dict.fromkeys((one.system, one.journey) for one in chosen):
        yield f"{pair[0]} without a defect ({pair[1]})", pair


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
    parser.add_argument("--json", type=Path, metavar="FILE", help="keeps the rows, and has earlier")
    options = parser.parse_args()
    known = {name for one in PLANTED for name in (one.name, one.system)}
    if unknown := set(options.names) - known:
        parser.error(f"there is no defect {', '.join(sorted(unknown))}")
    return options


def _read(path: Path | None) -> dict[str, Row]:
    if path is None or not path.exists():
        return {}
    return {name: Row(**row) for name, row in json.loads(path.read_text()).items()}


def _write(path: Path | None, rows: dict[str, Row]) -> None:
    if path is not None:
        said = {name: asdict(row) for name, row in rows.items()}
        write_whole(path, json.dumps(said, indent=1) + "\n")


def _line(name: str, row: Row) -> str:
    sets = row.smallest or ("NOT FOUND" if row.planted else "")
    if not row.is_right and row.others:
        sets += f" BUT {'; '.join(row.others)}"
    found = row.runs_to_find or "-"
    return _WIDTHS.format(name, found, row.runs, row.plain, row.toxiproxy or "-", sets).rstrip()


def _print_figures(rows: list[Row]) -> None:
    planted = [one for one in rows if one.planted]
    clean = [one for one in rows if not one.planted]
    replays = Counter(one.toxiproxy for one in planted if one.toxiproxy)
    print(f"planted_found {sum(one.is_right for one in planted)} of {len(planted)}")
    print(
        f"false_alarms {sum(len(one.others) for one in clean)} in {sum(one.runs for one in clean)}"
        f" runs of {len(clean)} journeys without a defect"
    )
    print("on a real Toxiproxy: " + ", ".join(f"{n} {said}" for said, n in sorted(replays.items())))
    for size in (1, 2):
        some = [one for one in planted if one.faults == size and one.runs_to_find]
        if some:
            print(
                f"sets of {size}: found after {sum(one.runs_to_find or 0 for one in some)} runs,"
                f" with all {sum(one.runs for one in some)},"
                f" plain enumeration {sum(one.plain for one in some)}"
            )
    if cpu_s := sum(one.cpu_s for one in rows):
        virtual = sum(one.runs for one in rows if one.cpu_s)
        print(f"explore_schedules_per_cpu_s {virtual / cpu_s:.1f}")


if __name__ == "__main__":
    sys.exit(main())
