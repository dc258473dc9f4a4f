"""`python -m tests.kill --kills 1000`: prints the counts, and exits 1 when one isn't 0."""

import argparse
import json
import random
import sys
from pathlib import Path

from tests.kill.defects import DEFECTS
from tests.kill.killing import run


def main() -> int:
    """Kill; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--defect", action="append", default=[], choices=sorted(DEFECTS))
    parser.add_argument("--json", type=Path, default=None, help="write the figures here too")
    words = parser.parse_args()
    seed = random.randrange(2**32) if words.seed is None else words.seed
    killed = run(words.kills, seed, words.defect)
    verdict = killed.verdict
    for sentence in verdict.details:
        print(sentence)
    print(f"seed {seed}  took_s {killed.took_s:.0f}")
    print(f"requests {killed.told.requests}  without_an_answer {killed.told.failed}")
    print("  ".join(f"{name} {count}" for name, count in sorted(killed.kills.items())))
    figures = {"kills": killed.kills.total(), **verdict.figures()}
    print("  ".join(f"{name} {count}" for name, count in figures.items()))
    if words.json is not None:
        words.json.write_text(json.dumps({"figures": figures}, indent=2) + "\n", encoding="utf-8")
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
