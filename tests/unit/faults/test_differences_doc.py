"""The table of differences names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_difference_names_a_test_that_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/engine-differences.md").read_text()))
    folder = ROOT / "tests/integration/faults"
    there = {
        name
        for file in folder.glob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert len(named) > 20
    assert named <= there
