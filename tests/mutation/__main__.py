"""`python -m tests.mutation`: mutates policies and the reference client, and says who notices."""

import argparse
import gc
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path

from seatrial.simulation import install
from tests.mutation.forks import in_forks
from tests.mutation.judging import (
    ROOT,
    TARGETS,
    Judgement,
    Reached,
    judge,
    reached,
    scenarios,
    warm_up,
)
from tests.mutation.kinds import KINDS
from tests.mutation.mutants import Mutant, mutants

KNOWN = Path(__file__).parent / "survivors.json"
"""Why a mutant may survive, by its key; `*` stands for any part of it."""
REACHED = ROOT / ".cache/mutation-reached.json"
"""The lines that each scenario comes to; to see why a mutant wasn't reached."""
_LIMIT_S = 600.0
_FOUND = ("killed", "crashed", "hung")


def main() -> int:
    """Print the table; 1 where a mutant survived that the committed list doesn't know."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="this many of them, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", action="append", choices=TARGETS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kinds", action="store_true", help="the kinds that once survived alone")
    parser.add_argument("--json", type=Path, help="write each mutant's fate here")
    options = parser.parse_args()
    began_s = time.monotonic()
    if options.kinds:
        return _kinds(options.workers)
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
    install()
    warm_up()
    gc.freeze()  # so that forked processes don't copy it
    names = list(scenarios())
    found_at = _reached(names, workers)
    print(f"mutants {len(chosen)}, scenarios {len(names)}", flush=True)
    killers: Counter[tuple[str, str]] = Counter()

    def reaching(mutant: Mutant) -> dict[str, float]:
        """Those that come to it, first who found its neighbours, then the quickest."""

        def rank(name: str) -> tuple[int, int, float]:
            own, near = killers[mutant.place, name], killers[mutant.module, name]
            return -own, -near, found_at[name].took_s

        at = [name for name in names if mutant.line in found_at[name].lines[mutant.module]]
        return {name: found_at[name].took_s for name in sorted(at, key=rank)}

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
        killers[mutant.place, one.by] += 1
        killers[mutant.module, one.by] += 1
        found.append(one)
        print(f"{one.word:12} {one.key}  {one.by}/{one.check}".rstrip(" /"), flush=True)
    return found


def _reached(names: Sequence[str], workers: int) -> dict[str, Reached]:
    """Return what each scenario comes to; kept as long as no source changes."""
    sources = [ROOT / "seatrial.toml"]
    for folder in ("src", "stubs", "chaos"):
        sources += sorted((ROOT / folder).rglob("*.py"))
    digest = sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    kept = json.loads(REACHED.read_text()) if REACHED.exists() else {}
    if kept.get("digest") != digest:
        found = {}
        for name, at in in_forks(reached, names, workers=workers, limit_s=_LIMIT_S):
            if at is None:
                raise SystemExit(f"{name} didn't pass on the code as it is: nothing is measured")
            found[name] = at
        kept = {"digest": digest, "scenarios": found}
        REACHED.parent.mkdir(exist_ok=True)
        REACHED.write_text(json.dumps(kept))
    return {name: Reached(**at) for name, at in kept["scenarios"].items()}


def _kinds(workers: int) -> int:
    """Print which check finds each kind; 1 where it isn't its own."""
    install()
    warm_up()
    missed = 0
    for kind, said in in_forks(
        lambda kind: asdict(judge(kind.mutant, {kind.scenario: 0.0})),
        KINDS,
        workers=workers,
        limit_s=_LIMIT_S,
    ):
        one = Judgement(**said) if said else Judgement(kind.name, kind.module, "hung")
        is_found = (one.word, one.check) == ("killed", kind.check)
        missed += not is_found
        print(f"{'killed' if is_found else 'MISSED':8}{kind.name:50}{kind.scenario}/{kind.check}")
        if not is_found:
            print(f"        {one.word} {one.by}/{one.check}")
    print(f"mutants_of_known_kinds {len(KINDS)}")
    print(f"mutants_of_known_kinds_missed {missed}")
    return int(missed > 0)


def _report(found: list[Judgement], known: Mapping[str, str]) -> list[Judgement]:
    """Print the table, and return the survivors that no line of the list explains."""
    left = [one for one in found if one.word not in _FOUND]
    new = [one for one in left if not _is_explained(one.key, known)]
    words = (*_FOUND, "explained", "survived", "not reached")
    print(f"\n{'module':34}" + "".join(f"{word:>13}" for word in words))
    for module in (*dict.fromkeys(one.module for one in found), "all"):
        own = Counter(
            "explained" if one in left and one not in new else one.word
            for one in found
            if module in (one.module, "all")
        )
        print(f"{module:34}" + "".join(f"{own[word]:>13}" for word in words))
    for one in new:
        print(f"{one.word}: {one.key}")
    killed = len(found) - len(left)
    judged = killed + len(new)
    print(f"mutants_policy {len(found)}")
    print(f"mutants_policy_survived {len(new)}")
    print(f"mutants_policy_explained {len(left) - len(new)}")
    print(f"mutation_score {killed / judged if judged else 0:.3f}")
    return new


def _is_explained(key: str, known: Mapping[str, str]) -> bool:
    patterns = (each.replace("[", "[[]").replace("?", "[?]") for each in known)
    return key in known or any(fnmatchcase(key, each) for each in patterns)


if __name__ == "__main__":
    sys.exit(main())
