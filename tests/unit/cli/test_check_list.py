"""The table of checks says what each is undecided without."""

from pathlib import Path

from seatrial.checks import CHECKS
from seatrial.cli.check_list import check_rows
from seatrial.scenarios import load_scenarios

SCENARIOS = load_scenarios(Path(__file__).parents[3] / "chaos")


def test_each_check_says_what_it_must_have_seen() -> None:
    rows = {row[0]: row for row in check_rows(SCENARIOS.values())}
    assert set(rows) >= set(CHECKS)
    _, seen, depends_on, used_by = rows["success-resets-count"]
    assert seen.startswith("calls nearly; calls resets; the calls of nearly failed")
    assert (depends_on, used_by) == ("opens-at-threshold", "flapping")
