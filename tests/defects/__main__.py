"""`python -m tests.defects`: plants each defect, and says which check finds it."""

import argparse
import sys
import time

from tests.defects.planted import PLANTED, Defect
from tests.defects.run import Found, find


def main() -> int:
    """Print the table; 0 when each defect is caught by its own check and nothing else was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.defects", description=__doc__)
    parser.add_argument("names", nargs="*", help="only these defects")
    parser.add_argument("--engine", default="embedded", choices=("embedded", "toxiproxy", "auto"))
    options = parser.parse_args()
    chosen = [defect for defect in PLANTED if not options.names or defect.name in options.names]
    started_s = time.monotonic()
    found = find(chosen, engine=options.engine)
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
