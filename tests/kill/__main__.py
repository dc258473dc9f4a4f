"""`python -m tests.kill --kills 1000`: prints the counts, and exits 1 when one isn't 0.

Where it ends early, what was done until then is printed all the same; it exits 2, undecided.
"""

import argparse
import json
import random
import sys
from pathlib import Path

from tests.kill.defects import DEFECTS
from tests.kill.killing import Killed, run_into


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--defect", action="append", default=[], choices=sorted(DEFECTS))
    parser.add_argument("--json", type=Path, default=None, help="write the figures here too")
    return parser.parse_args()


def main() -> int:
    """Kill; returns the exit status."""
    words = _arguments()
    seed = random.randrange(2**32) if words.seed is None else words.seed
    print(f"seed {seed}", flush=True)
    killed = Killed()
    stopped = ""
    try:
        run_into(killed, words.kills, seed, words.defect, words.database)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - what was done is said
        stopped = f"undecided: it ended early: {error!r}"
    figures = {"kills": killed.kills.total()}
    if killed.verdict is not None:
        figures |= killed.verdict.figures()
        for sentence in killed.verdict.details:
            print(sentence)
    _report(killed, figures)
    if words.json is not None:
        result = {"seed": seed, "figures": figures} | ({"stopped": stopped} if stopped else {})
        words.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if killed.verdict is None:
        print(stopped)
        return 2
    return 0 if killed.verdict.is_clean else 1


def _report(killed: Killed, figures: dict[str, int]) -> None:
    acknowledged = killed.acknowledged
    print(f"took_s {killed.took_s:.0f}")
    print(f"requests {acknowledged.requests}  without_an_answer {acknowledged.failed}")
    for counts in (killed.kills, figures):
        print("  ".join(f"{name} {count}" for name, count in sorted(counts.items())))


if __name__ == "__main__":
    sys.exit(main())
