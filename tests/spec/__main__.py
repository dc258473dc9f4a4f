"""`python -m tests.spec FOLDER…`: runs every case below the folders, prints the disagreements."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.changes.__main__ import own_output
from contracts.changes.replaying import replay
from tests.spec.cases import cases_in
from tests.spec.explained import EXPLAINED
from tests.spec.judging import Opinions, opinions


def run(folders: Sequence[Path]) -> list[Opinions]:
    """The opinions on every case below the folders."""
    with replay() as replaying:
        return [opinions(case, replaying) for folder in folders for case in cases_in(folder)]


def lines(found: Sequence[Opinions]) -> list[str]:
    """The report: each disagreement, each refusal, and the figures."""
    printed = []
    explained = [one for one in found if one.disagreements and one.case.name in EXPLAINED]
    printed += [f"{one.case.name}: explained: {EXPLAINED[one.case.name]}" for one in explained]
    for one in found:
        if one in explained:
            continue
        right = one.case.match if one.core is None else one.core
        printed += [
            f"{one.case.name}: {name} says {_word(said)}, "
            f"{'the specification' if one.core is None else 'the core'} {_word(right)}"
            for name, said in one.disagreements.items()
        ]
        if one.refused:
            printed.append(f"{one.case.name}: refused when read: {one.refused}")
    core = [one for one in found if one.core is not None and one.core is not one.case.match]
    printed += [
        f"{one.case.name}: the core itself says {_word(not one.case.match)}" for one in core
    ]
    disagreements = sum(bool(one.disagreements) for one in found) - len(explained)
    return [
        *printed,
        f"spec_cases {len(found)}",
        f"spec_disagreements {disagreements}",
        f"spec_explained {len(explained)}",
        f"spec_refused {sum(bool(one.refused) for one in found)}",
        f"spec_core_departures {len(core)}",
    ]


def _word(match: bool) -> str:
    return "it matches" if match else "it doesn't match"


def main(arguments: Sequence[str]) -> int:
    """0 where nothing disagrees, 1 where something does, 2 without a case."""
    parser = argparse.ArgumentParser(prog="python -m tests.spec", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    with own_output() as out:
        found = run(parser.parse_args(arguments).folders)
        print("\n".join(lines(found)), file=out)
    if not found:
        return 2
    return int(any(one.disagreements and one.case.name not in EXPLAINED for one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
