"""`python -m tests.kill --kills 1000`: prints the counts, and exits 1 when one isn't 0."""

import argparse
import random
import sys

from tests.kill.defects import DEFECTS
from tests.kill.killing import run


def main() -> int:
    """Kill; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--defect", action="append", default=[], choices=sorted(DEFECTS))
    words = parser.parse_args()
    seed = random.randrange(2**32) if words.seed is None else words.seed
    killed = run(words.kills, seed, words.defect)
    verdict = killed.verdict
    for sentence in verdict.details:
        print(sentence)
    print(f"seed {seed}  took_s {killed.took_s:.0f}")
    print(f"requests {killed.told.requests}  without_an_answer {killed.told.failed}")
    print("  ".join(f"{name} {count}" for name, count in sorted(killed.kills.items())))
    print(
        f"kills {killed.kills.total()}  events_lost {verdict.events_lost}  "
        f"events_twice {verdict.events_twice}  double_charges {verdict.double_charges}  "
        f"double_intents {verdict.double_intents}  ledger_sum {verdict.ledger_sum}  "
        f"answers_broken {verdict.answers_broken}"
    )
    return 0 if verdict.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
