"""`python -m tests.starvation --runs 20`: how often each plant comes to the verdict that is right.

Exits 1 when one of them didn't. Run it on a machine with nothing else to do: its own busy processes
are meant to be the only ones.
"""

import argparse
import json
from collections import Counter
from os import getloadavg
from pathlib import Path

from tests.starvation.planted import BUSY, PLANTS, run


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.starvation", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--plant", action="append", choices=sorted(PLANTS))
    parser.add_argument("--busy", type=int, default=BUSY, help="busy processes for each core")
    parser.add_argument("--verbose", action="store_true", help="say why, run by run")
    parser.add_argument("--json", type=Path, default=None, help="write the figures here too")
    return parser.parse_args()


def main() -> int:
    """Run every plant; returns the exit status."""
    words = _arguments()
    print(f"load average at the start: {getloadavg()[0]:.1f}", flush=True)
    figures: dict[str, int] = {}
    wrong = 0
    for name in words.plant or PLANTS:
        plant = PLANTS[name]
        counts: Counter[str] = Counter()
        for seed in range(1, words.runs + 1):
            seen = run(plant, seed, words.busy)
            counts[seen.verdict] += 1
            if words.verbose:
                own_ms, beat = seen.figures["own_delay_p99_ms"], seen.figures["lag_p99_ms"]
                print(f"  {name} {seed}: {seen.verdict}; own {own_ms:g} ms, lag {beat:g} ms")
                print(f"    {seen.why}", flush=True)
        wrong += words.runs - counts[plant.expected]
        print(f"{name}: {plant.expected} {counts[plant.expected]} of {words.runs}; {dict(counts)}")
        figures |= {f"{name}.{verdict}": count for verdict, count in counts.items()}
    if words.json is not None:
        words.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
