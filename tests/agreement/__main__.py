"""`python -m tests.agreement`: what the wire and virtual time say, check by check.

What was compared is kept in .cache/agreement.json, so that `--resume` goes on where it ended.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.agreement.compare import (
    ROOT,
    Chunk,
    Compared,
    compare,
    of_defects,
    of_reference,
    saved,
)

KEPT = ROOT / ".cache/agreement.json"


def main() -> int:
    """Print the table; 0 when no check disagrees and all was compared."""
    parser = argparse.ArgumentParser(prog="python -m tests.agreement", description=__doc__)
    parser.add_argument("scenarios", nargs="*", help="only these scenarios")
    parser.add_argument("--all", action="store_true", help="show the checks that agree too")
    parser.add_argument("--only", choices=("reference", "defects"))
    parser.add_argument("--resume", action="store_true", help="leave out what was compared before")
    parser.add_argument("--within-s", type=float, default=float("inf"), help="begin no more after")
    options = parser.parse_args()
    until_s = time.monotonic() + options.within_s
    chunks = of_reference() if options.only != "defects" else []
    chunks += of_defects() if options.only != "reference" else []
    names = options.scenarios
    chunks = [one for one in chunks if not names or one.scenario in names]
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if options.resume and KEPT.exists() else {}
    left = [chunk for chunk in chunks if not _is_clear(kept.get(chunk.name, ()))]
    KEPT.parent.mkdir(exist_ok=True)
    for number, (chunk, rows) in enumerate(compare(left), 1):
        kept[chunk.name] = saved(rows)
        KEPT.write_text(json.dumps(kept, indent=1))
        print(f"{number}/{len(left)} {chunk.name}: {_counted(rows)}", flush=True)
        if time.monotonic() > until_s:
            break
    return _report(chunks, kept, show_all=options.all)


def _report(chunks: Sequence[Chunk], kept: dict[str, Any], *, show_all: bool) -> int:
    done = [chunk for chunk in chunks if chunk.name in kept]
    rows = [Compared.read(row) for chunk in done for row in kept[chunk.name]]
    for row in rows:
        if show_all or not row.agrees:
            print(f"{_word(row):9} {row.consumer:26} {row.scenario}/{row.check}")
            print(f"    wire:    {row.wire}\n    virtual: {row.virtual}")
    print(
        f"\n{'consumer':28}{'scenarios':>10}{'checks':>8}{'agree':>8}"
        f"{'one-sided':>11}{'unclear':>9}{'disagree':>10}"
    )
    for consumer in dict.fromkeys(row.consumer for row in rows):
        own = [row for row in rows if row.consumer == consumer]
        words = Counter(_word(row) for row in own)
        print(
            f"{consumer:28}{len({row.scenario for row in own}):>10}{len(own):>8}"
            f"{words['agrees']:>8}{words['one-sided']:>11}{words['unclear']:>9}"
            f"{words['DISAGREES']:>10}"
        )
    words = Counter(_word(row) for row in rows)
    left = len(chunks) - len(done)
    print(f"virtual_wire_compared {len(rows)}")
    print(f"virtual_wire_left {left}")
    print(f"virtual_wire_one_sided {words['one-sided']}")
    print(f"virtual_wire_unclear {words['unclear']}")
    print(f"virtual_wire_disagreements {words['DISAGREES']}")
    return int(words["DISAGREES"] > 0 or left > 0)


def _is_clear(kept: Sequence[Any]) -> bool:
    """Return whether a chunk was compared, and needn't be again."""
    rows = [Compared.read(row) for row in kept]
    return bool(rows) and not any(row.is_unclear or row.is_one_sided for row in rows)


def _counted(rows: Sequence[Compared]) -> str:
    return ", ".join(f"{count} {word}" for word, count in Counter(map(_word, rows)).items())


def _word(row: Compared) -> str:
    if row.agrees:
        return "agrees"
    if row.is_one_sided:
        return "one-sided"
    return "unclear" if row.is_unclear else "DISAGREES"


if __name__ == "__main__":
    sys.exit(main())
