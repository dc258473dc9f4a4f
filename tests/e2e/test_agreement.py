"""The wire and virtual time say the same: a sample of what `python -m tests.agreement` compares."""

import subprocess
import sys

from .command import ROOT

_SAMPLE = """
from tests.agreement.compare import PLANTED, compare, of_defects, of_reference
names = ("cached_while_down", "provider_down", "stampede", "unknown_entities", "user_changes")
defects = [one for one in PLANTED if one.scenario in ("provider_down", "stampede", "garbage")]
rows = [row for _, found in compare(of_reference(names) + of_defects(defects)) for row in found]
for row in rows:
    if not row.agrees and not row.is_unclear:
        print(row.consumer, row.scenario, row.check, row.wire, "|", row.virtual)
print("compared", len(rows))
"""


def test_the_wire_and_virtual_time_say_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SAMPLE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (line,) = done.stdout.splitlines()
    assert int(line.removeprefix("compared ")) > 60
