"""`python -m tests.defects`: plants each defect, and says which check finds it.

With `--times` and `--busy`: how often it does, with nothing and with busy processes next to it.
Ctrl-C ends it with what there is.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.busy import busy_processes
from tests.defects.planted import PLANTED, Defect
from tests.defects.run import Found, find, find_in_virtual_time


def main() -> int:
    """Print the table; 0 when each defect is caught by its own check and nothing else was found."""
    options = _options()
    chosen = [defect for defect in PLANTED if not options.names or defect.name in options.names]
    if options.times == 1 and not options.busy:
        return _once(chosen, None if options.virtual else options.engine)
    return _often(chosen, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.defects", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these defects")
    parser.add_argument("--engine", default="embedded", choices=("embedded", "toxiproxy", "auto"))
    parser.add_argument("--times", type=int, default=1, help="plant each this often")
    parser.add_argument(
        "--busy", type=int, default=0, help="then as often with this many busy processes"
    )
    parser.add_argument("--virtual", action="store_true", help="in virtual time")
    options = parser.parse_args()
    unknown = set(options.names) - {defect.name for defect in PLANTED}
    if unknown:
        parser.error(f"there is no defect {', '.join(sorted(unknown))}")
    return options


def _once(chosen: Sequence[Defect], engine: str | None) -> int:
    started_s = time.monotonic()
    found = find(chosen, engine=engine) if engine else find_in_virtual_time(chosen)
    planted = [one for one in found if one.defect is not None]
    right = [one for one in found if one.defect is None]
    for one in planted:
        assert one.defect is not None
        print(f"{'caught' if one.is_caught else 'MISSED':8} {_row(one, one.defect)}")
    for one in right:
        if not one.is_clean:
            print(f"NOT CLEAN without any defect: {one.scenario}: {_said(one)}")
    caught = sum(one.is_caught for one in planted)
    alarms = sum(not one.is_clean for one in right)
    print(f"defects_planted {len(planted)}")
    print(f"defects_caught {caught}")
    print(f"false_alarms {alarms} (of {len(right)} scenarios run on the consumer without a defect)")
    print(f"took_s {time.monotonic() - started_s:.1f}")
    return int(caught < len(planted) or alarms > 0)


def _often(chosen: Sequence[Defect], options: argparse.Namespace) -> int:
    loads = (0, options.busy) if options.busy else (0,)
    caught: dict[int, Counter[str]] = {busy: Counter() for busy in loads}
    rounds: Counter[int] = Counter()
    alarms: Counter[int] = Counter()
    try:
        for number in range(1, options.times + 1):
            for busy in loads:
                with busy_processes(busy):
                    found = find(chosen, engine=options.engine)
                rounds[busy] += 1
                alarms[busy] += sum(bool(one.failed) for one in found if one.defect is None)
                caught[busy].update(
                    one.defect.name for one in found if one.defect is not None and one.is_caught
                )
                print(f"round {number} of {options.times}, {busy} busy", flush=True)
                for one in found:
                    if one.defect is None and one.failed:
                        print(f"    FALSE ALARM {one.scenario}: {_said(one)}", flush=True)
                    if one.defect is not None and not one.is_caught:
                        print(f"    missed {_row(one, one.defect)}", flush=True)
    except KeyboardInterrupt:
        print("interrupted; this is what was run until then")
    return _table(chosen, loads, caught, rounds, alarms)


def _table(
    chosen: Sequence[Defect],
    loads: Sequence[int],
    caught: dict[int, Counter[str]],
    rounds: Counter[int],
    alarms: Counter[int],
) -> int:
    print(f"\n{'defect':28}" + "".join(f"{f'{busy} busy':>12}" for busy in loads))
    for defect in chosen:
        counts = "".join(f"{caught[busy][defect.name]:5} of {rounds[busy]:3}" for busy in loads)
        print(f"{defect.name:28}{counts}  {defect.scenario}/{defect.check}")
    missed = 0
    for busy in loads:
        always = sum(caught[busy][defect.name] == rounds[busy] for defect in chosen)
        missed += len(chosen) - always
        print(
            f"{busy} busy: {always} of {len(chosen)} found {rounds[busy]} of {rounds[busy]} times"
        )
        print(f"{busy} busy: false_alarms {alarms[busy]}")
    return int(missed > 0 or alarms.total() > 0 or not rounds)


def _row(one: Found, defect: Defect) -> str:
    if one.is_caught:
        said = one.findings[defect.check].explanation
        return f"{defect.name:26} {one.scenario}/{defect.check}: {said}"
    return f"{defect.name:26} {one.scenario}/{defect.check}: {_said(one)}"


def _said(one: Found) -> str:
    if one.invalid:
        return one.invalid
    wrong = [
        f"{name} {finding.verdict}: {finding.explanation}"
        for name, finding in one.findings.items()
        if finding.verdict not in ("passed", "skipped")
    ]
    return "; ".join(wrong) or "all passed"


if __name__ == "__main__":
    sys.exit(main())
