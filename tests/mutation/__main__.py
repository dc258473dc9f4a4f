"""`python -m tests.mutation`: mutates policies and the reference client, and says who notices.

What was found is kept in .cache/mutation.json, so that `--resume` goes on where it ended. Mutants
that the committed list explains aren't run, unless `--explained` asks whether the list still holds.
Those of open.json, if any, survive without an explanation: each lacks a scenario.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

from seatrial.simulation import install
from seatrial.virtual import used_cpu_s
from tests.mutation.explanations import Explanations, known_open
from tests.mutation.forks import in_forks
from tests.mutation.judging import (
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
from tests.mutation.reporting import FOUND, no_longer, table, wrongly_explained
from tests.mutation.variants import ROOT

KILLERS = Path(__file__).parent / "killers.json"
"""By function, the scenarios that found its mutants, most first: they are run first."""
REACHED = ROOT / ".cache/mutation-reached.json"
"""The lines that each scenario comes to; to see why a mutant wasn't reached."""
KEPT = ROOT / ".cache/mutation.json"
"""Each mutant's fate, by its key, for the sources of one digest."""
_LIMIT_S = 600.0
_FIRST = 3
"""The scenarios of a function that are kept, at most."""


def main() -> int:
    """Print the table; 1 where a mutant survived that no committed list knows."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="this many of them, drawn by the seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", action="append", choices=TARGETS)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kinds", action="store_true", help="the kinds that once survived alone")
    parser.add_argument("--explained", action="store_true", help="those that the list explains")
    parser.add_argument("--resume", action="store_true", help="leave out what was judged before")
    parser.add_argument("--within-s", type=float, default=float("inf"), help="begin no more after")
    parser.add_argument("--keep-order", action="store_true", help="write who found what, to commit")
    options = parser.parse_args()
    began_s = time.monotonic()
    if options.kinds:
        return _kinds(options.workers)
    explanations = Explanations.read()
    every = [
        one
        for module in options.module or TARGETS
        for one in mutants(module, TARGETS[module].read_text())
    ]
    explained = Counter(one.module for one in every if explanations.of(one.key))
    chosen = [one for one in every if bool(explanations.of(one.key)) == options.explained]
    if options.sample:
        chosen = sorted(chosen, key=lambda one: _drawn(one, options.seed))[: options.sample]
    kept = _Kept(resume=options.resume)
    left = [one for one in chosen if one.key not in kept.found]
    for one in _judged(left, options.workers, until_s=began_s + options.within_s):
        kept.add(one)
    found = [kept.found[one.key] for one in chosen if one.key in kept.found]
    if options.explained:
        lines = wrongly_explained(found, explanations)
        wrong = len(lines)
        lines.append(f"mutants_policy_explained {len(found)}")
        lines.append(f"mutants_explained_wrongly {wrong}")
    else:
        known = known_open()
        lines = table(found, explained, known)
        wrong = sum(one.word not in FOUND and one.key not in known for one in found)
        wrong += len(no_longer(found, known))
    print("", *lines, sep="\n")
    if options.keep_order:
        _keep_order(chosen, kept.found)
    print(f"mutants_left {len(chosen) - len(found)}")
    print(f"took_s {time.monotonic() - began_s:.1f}")
    print(f"took_processor_s {used_cpu_s():.1f}")
    return int(wrong > 0 or len(found) < len(chosen))


def _drawn(mutant: Mutant, seed: int) -> bytes:
    """Return its place in the order of a seed, which no other mutant changes."""
    return sha256(f"{seed} {mutant.key}".encode()).digest()


class _Kept:
    """What was found before, and what is found now."""

    def __init__(self, *, resume: bool) -> None:
        self._digest = _digest()
        kept = json.loads(KEPT.read_text()) if resume and KEPT.exists() else {}
        of_these = kept.get("found", ()) if kept.get("digest") == self._digest else ()
        self.found = {each["key"]: Judgement(**each) for each in of_these}

    def add(self, one: Judgement) -> None:
        """Keep it on disk too."""
        self.found[one.key] = one
        rows = [asdict(each) for each in self.found.values()]
        KEPT.write_text(json.dumps({"digest": self._digest, "found": rows}, indent=1))


def _judged(chosen: list[Mutant], workers: int, *, until_s: float) -> Iterator[Judgement]:
    """Yield what becomes of each; begin with no more once it is too late."""
    install()
    warm_up()
    gc.freeze()  # so that forked processes don't copy it
    names = list(scenarios())
    found_at = _reached(names, workers)
    print(f"mutants {len(chosen)}, scenarios {len(names)}", flush=True)
    killers: Counter[tuple[str, str]] = Counter()
    before = json.loads(KILLERS.read_text())

    def reaching(mutant: Mutant) -> dict[str, float]:
        """Those that come to it, first who found its neighbours, then the quickest."""
        first = before.get(mutant.place, ())

        def rank(name: str) -> tuple[int, int, int, float]:
            at = first.index(name) if name in first else _FIRST
            own, near = killers[mutant.place, name], killers[mutant.module, name]
            return at, -own, -near, found_at[name].took_s

        at = [name for name in names if mutant.line in found_at[name].lines[mutant.module]]
        return {name: found_at[name].took_s for name in sorted(at, key=rank)}

    def work(mutant: Mutant) -> dict[str, str]:
        return asdict(judge(mutant, reaching(mutant)))

    run = []
    for mutant in chosen:
        if reaching(mutant):
            run.append(mutant)
        else:
            yield Judgement(mutant.key, mutant.module, "not reached")
    begun = takewhile(lambda _: time.monotonic() < until_s, run)
    for mutant, said in in_forks(work, begun, workers=workers, limit_s=_LIMIT_S):
        one = Judgement(**said) if said else Judgement(mutant.key, mutant.module, "hung")
        killers[mutant.place, one.by] += 1
        killers[mutant.module, one.by] += 1
        print(f"{one.word:12} {one.key}  {one.by}/{one.check}".rstrip(" /"), flush=True)
        yield one


def _keep_order(chosen: Sequence[Mutant], found: dict[str, Judgement]) -> None:
    """Write, by function, which scenarios found its mutants; keep what wasn't run."""
    by_place: dict[str, Counter[str]] = {}
    for mutant in chosen:
        if (one := found.get(mutant.key)) and one.by:
            by_place.setdefault(mutant.place, Counter())[one.by] += 1
    rows: dict[str, list[str]] = json.loads(KILLERS.read_text())
    for place, counts in by_place.items():
        names = sorted(counts, key=lambda name: (-counts[name], name))
        rows[place] = names[:_FIRST]
    KILLERS.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n")


def _reached(names: Sequence[str], workers: int) -> dict[str, Reached]:
    """Return what each scenario comes to; kept as long as no source changes."""
    digest = _digest()
    kept = json.loads(REACHED.read_text()) if REACHED.exists() else {}
    found = kept["scenarios"] if kept.get("digest") == digest else {}
    missing = [name for name in names if name not in found]
    for name, at in in_forks(reached, missing, workers=workers, limit_s=_LIMIT_S):
        if at is None:
            raise SystemExit(f"{name} didn't pass on the code as it is: nothing is measured")
        found[name] = at
    REACHED.parent.mkdir(exist_ok=True)
    REACHED.write_text(json.dumps({"digest": digest, "scenarios": found}))
    return {name: Reached(**found[name]) for name in names}


def _digest() -> str:
    """Return what stays the same while the sources do that decide."""
    here = Path(__file__).parent
    sources = [ROOT / "seatrial.toml", here / "consumers.py", here / "variants.py"]
    for folder in ("src", "stubs", "chaos"):
        sources += sorted((ROOT / folder).rglob("*.py"))
    return sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


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


if __name__ == "__main__":
    sys.exit(main())
