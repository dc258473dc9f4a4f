"""One seed, one journal: twice in a process, and in another one with other hashes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
from seatrial.simulation import install
install()
import hashlib
import sys
from pathlib import Path
from seatrial.config import load_config
from seatrial.scenarios import Part, usable_scenarios
from seatrial.tap import LoopTap
from seatrial.virtual import VirtualTestbed, run_parts_virtually

pages = []
settled = LoopTap.settled

async def kept(self, *args, **named):
    page = await settled(self, *args, **named)
    pages.append(page.model_dump_json())
    return page

LoopTap.settled = kept
def shown(run):
    seen = run.evidence
    return hashlib.sha256(repr((seen.calls, seen.attempts, seen.faults)).encode()).hexdigest()

root, seed, *names = sys.argv[1:]
scenarios = usable_scenarios(Path(root))
for _ in range(2):
    testbed = VirtualTestbed(
        load_config(Path(root) / "seatrial.toml", virtual=True), Path(root), "card", seed=int(seed)
    )
    for name in names:
        batch = run_parts_virtually(testbed, [Part(scenarios[name], None, {})])
        assert batch.invalid == [], batch.invalid
        text = repr((pages, shown(batch.runs[0]))).encode()
        print(name, len(text), hashlib.sha256(text).hexdigest(), shown(batch.runs[0]))
        pages.clear()
batch = run_parts_virtually(testbed, [Part(scenarios[name], None, {}) for name in names])
assert batch.invalid == [], batch.invalid
for run in batch.runs:
    print(run.part.scenario.name, "together", shown(run))
"""
NAMES = ("attempts_fail", "half_open_under_load", "stampede", "user_changes")


def journals(hash_seed: str, seed: int, *names: str) -> list[str]:
    """Return a line for each run of two rounds in one process, and of one where all run together.

    It says the scenario, its journal's length and digest, and the digest of what was seen.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(ROOT), str(seed), *names],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.splitlines()


def test_a_seed_decides_the_journal_to_the_byte() -> None:
    seen = journals("1", 5, *NAMES)
    count = len(NAMES)
    first, again, together = seen[:count], seen[count : 2 * count], seen[2 * count :]
    assert again == first
    assert [one.split()[-1] for one in together] == [one.split()[-1] for one in first]
    assert journals("2", 5, *reversed(NAMES))[:count] == first[::-1]
    assert set(journals("2", 6, *NAMES)).isdisjoint(seen)
    assert all(int(one.split()[1]) > 1_000 for one in first)
