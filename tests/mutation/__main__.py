"""`python -m tests.mutation`: mutates policies and the reference client, and says who notices."""

from seatrial.simulation import install

install()  # before a module that is mutated binds the real clock

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from dataclasses import asdict  # noqa: E402
from pathlib import Path  # noqa: E402

import fakeredis.aioredis  # noqa: E402, F401 - imported once, for all processes
import fastapi  # noqa: E402, F401
import redis.asyncio  # noqa: E402, F401
import sqlalchemy.ext.asyncio  # noqa: E402, F401
import uvicorn.protocols.http.httptools_impl  # noqa: E402, F401

from tests.mutation.forks import in_forks  # noqa: E402
from tests.mutation.judging import TARGETS, Judgement, judge, reached, scenarios  # noqa: E402
from tests.mutation.mutants import Mutant, mutants  # noqa: E402

KNOWN = Path(__file__).parent / "survivors.json"
_LIMIT_S = 240.0
_FOUND = ("killed", "crashed", "hung")


def main() -> int:
    """Print the table; 1 where a mutant survived that the committed list doesn't know."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="this many of them, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", action="append", choices=TARGETS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write each mutant's fate here")
    options = parser.parse_args()
    began_s = time.monotonic()
    chosen = [
        one
        for module in options.module or TARGETS
        for one in mutants(module, TARGETS[module].read_text())
    ]
    if options.sample:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    found = _judged(chosen, options.workers)
    if options.json:
        options.json.write_text(json.dumps([asdict(one) for one in found], indent=1))
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    new = _report(found, known)
    print(f"took_s {time.monotonic() - began_s:.1f}")
    return int(bool(new))


def _judged(chosen: list[Mutant], workers: int) -> list[Judgement]:
    names = list(scenarios())
    lines = {}
    for name, at in in_forks(reached, names, workers=workers, limit_s=_LIMIT_S):
        if at is None:
            raise SystemExit(f"{name} didn't pass on the code as it is, so nothing can be measured")
        lines[name] = {module: set(found) for module, found in at.items()}
    print(f"mutants {len(chosen)}, scenarios {len(lines)}", flush=True)

    def reaching(mutant: Mutant) -> list[str]:
        return [name for name in names if mutant.line in lines[name][mutant.module]]

    def work(mutant: Mutant) -> dict[str, str]:
        return asdict(judge(mutant, reaching(mutant)))

    found = [
        Judgement(mutant.key, mutant.module, "not reached")
        for mutant in chosen
        if not reaching(mutant)
    ]
    run = [mutant for mutant in chosen if reaching(mutant)]
    for mutant, said in in_forks(work, run, workers=workers, limit_s=_LIMIT_S):
        one = Judgement(**said) if said else Judgement(mutant.key, mutant.module, "hung")
        found.append(one)
        print(f"{one.word:12} {one.key}  {one.by}", flush=True)
    return found


def _report(found: list[Judgement], known: dict[str, str]) -> list[Judgement]:
    survived = [one for one in found if one.word not in _FOUND]
    new = [one for one in survived if one.key not in known]
    words = ("killed", "crashed", "hung", "explained", "survived", "not reached")
    print(f"\n{'module':36}" + "".join(f"{word:>13}" for word in words))
    for module in dict.fromkeys(one.module for one in found):
        own = Counter(
            "explained" if one.key in known and one.word not in _FOUND else one.word
            for one in found
            if one.module == module
        )
        print(f"{module:36}" + "".join(f"{own[word]:>13}" for word in words))
    for one in new:
        print(f"{one.word}: {one.key}")
    killed = sum(one.word in _FOUND for one in found)
    judged = killed + len(new)
    print(f"mutants_policy {len(found)}")
    print(f"mutants_policy_survived {len(new)}")
    print(f"mutants_policy_explained {len(survived) - len(new)}")
    print(f"mutation_score {killed / judged if judged else 0:.3f}")
    return new


if __name__ == "__main__":
    sys.exit(main())
