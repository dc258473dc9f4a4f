"""`python -m tests.agreement`: what the wire and virtual time say, check by check."""

from seatrial.simulation import install

install()  # before a module of the reference system binds the real clock

import argparse  # noqa: E402
import sys  # noqa: E402

from tests.agreement.compare import Compared, of_defects, of_reference, said  # noqa: E402


def main() -> int:
    """Print the table; 0 when no check disagrees."""
    parser = argparse.ArgumentParser(prog="python -m tests.agreement", description=__doc__)
    parser.add_argument("--all", action="store_true", help="show the checks that agree too")
    parser.add_argument("--only", choices=("reference", "defects"))
    options = parser.parse_args()
    rows: list[Compared] = []
    if options.only != "defects":
        rows += of_reference(say=_progress)
    if options.only != "reference":
        rows += of_defects(say=_progress)
    for row in rows:
        if options.all or not row.agrees:
            name = f"{row.consumer:26} {row.scenario}/{row.check}"
            print(f"{_word(row):9} {name}\n    wire:    {said(row.wire)}")
            print(f"    virtual: {said(row.virtual)}")
    unclear = sum(row.is_unclear for row in rows)
    wrong = sum(not row.agrees and not row.is_unclear for row in rows)
    print(f"virtual_wire_compared {len(rows)}")
    print(f"virtual_wire_unclear {unclear}")
    print(f"virtual_wire_disagreements {wrong}")
    return int(wrong > 0)


def _word(row: Compared) -> str:
    if row.agrees:
        return "agrees"
    return "unclear" if row.is_unclear else "DISAGREES"


def _progress(text: str) -> None:
    if text.startswith("invalid"):
        print(text)


if __name__ == "__main__":
    sys.exit(main())
