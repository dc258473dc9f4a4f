"""`python -m tests.spec FOLDER…`: runs every case below the folders, prints the disagreements.

Pact files among them are run too, each against itself.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts.changes.__main__ import own_output
from contracts.changes.replaying import replay
from tests.spec.cases import cases_in
from tests.spec.explained import EXPLAINED
from tests.spec.judging import Opinions, opinions
from tests.spec.pacts import PactTaken, pacts_in, take


def run_pacts(folders: Sequence[Path]) -> list[PactTaken]:
    """What became of every pact file below the folders."""
    with replay() as replaying:
        return [
            take(path, document, replaying)
            for folder in folders
            for path, document in pacts_in(folder)
        ]


def pact_lines(found: Sequence[PactTaken]) -> list[str]:
    """The report: each problem, each refusal, and the figures."""
    return [
        *(f"{one.path}: {problem}" for one in found for problem in one.problems),
        *(f"refused when read: {one.refused}" for one in found if one.refused),
        f"spec_pacts {len(found)}",
        f"spec_pact_interactions {sum(one.interactions for one in found)}",
        f"spec_pact_problems {sum(len(one.problems) for one in found)}",
        f"spec_pacts_refused {sum(bool(one.refused) for one in found)}",
    ]


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
    """0 where nothing disagrees, 1 where something does, 2 without a case or a pact."""
    parser = argparse.ArgumentParser(prog="python -m tests.spec", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    with own_output() as out:
        folders = parser.parse_args(arguments).folders
        found, pacts = run(folders), run_pacts(folders)
        print("\n".join([*lines(found), *pact_lines(pacts)]), file=out)
    if not found and not pacts:
        return 2
    unexplained = any(one.disagreements and one.case.name not in EXPLAINED for one in found)
    return int(unexplained or any(one.problems for one in pacts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
