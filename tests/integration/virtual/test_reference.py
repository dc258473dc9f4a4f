"""The reference system's user edge in virtual time, with the design's own numbers.

Each in a process of its own, as a user runs it: clocks are replaced before the system is imported.
"""

import subprocess
import sys
from pathlib import Path

from seatrial.config import load_config
from seatrial.results import Result, Verdict

ROOT = Path(__file__).parents[3]


def run_virtually(file: Path, *words: str) -> Result:
    """Run scenarios of the user edge and return the result."""
    command = [sys.executable, "-m", "seatrial.cli", "chaos", "run", *words]
    command += ["--virtual", "--edge", "card", "--json", str(file)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=200)
    return Result.model_validate_json(file.read_bytes())


def test_a_minute_of_open_time_passes_in_no_time(tmp_path: Path) -> None:
    result = run_virtually(tmp_path / "result.json", "provider_back", "--no-controls")
    assert {check.verdict for check in result.checks} == {Verdict.PASSED}
    assert len(result.checks) == 5
    breaker = load_config(ROOT / "seatrial.toml", virtual=True).edges["card"].policy.breaker
    assert breaker is not None
    assert breaker.open_s == 60


def test_the_designs_client_is_found_out(tmp_path: Path) -> None:
    result = run_virtually(tmp_path / "result.json", "provider_down")
    control = next(check for check in result.checks if check.id == "control.design")
    assert control.verdict is Verdict.PASSED
    assert "provider_down/opens-at-threshold" in control.explanation
