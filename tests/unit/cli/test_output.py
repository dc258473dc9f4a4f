"""The end of a command: the file first, and an exit code that no reader changes."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from seatrial.cli.completion import edge_names, profile_names, scenario_names
from seatrial.cli.output import Outputs, Steps
from seatrial.errors import UsageError

FINISHING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from seatrial.cli.output import Outputs, finish
from seatrial.results import Check, Result, RunVerdict, Verdict

check = Check(id="chaos.x.y", subject="s", verdict=Verdict.FAILED, explanation="e", rerun="r")
result = Result(
    command="chaos run", verdict=RunVerdict.FAILED, seed=1, duration_s=1.0,
    started=datetime(2026, 1, 1, tzinfo=UTC), checks=(check,) * 2000,
)
sys.stdin.read()
sys.exit(finish(result, Outputs(Path(sys.argv[1]))))
"""


def test_a_closed_stdout_keeps_the_file_and_the_exit_code(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    with subprocess.Popen(
        [sys.executable, "-c", FINISHING, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()  # as `| head` does
        process.stdin.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (1, "")
    assert json.loads(path.read_text())["verdict"] == "failed"


def test_names_are_completed_from_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert edge_names("") == profile_names("") == []
    (tmp_path / "seatrial.toml").write_text("[edges.card]\n[edges.charge]\n[edges.x]\n")
    for name in ("chaos/own.py", "load/first_visits.py", "load/_shared.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("async def provider_dances(edge): ...\ndef helper(): ...\n")
    assert edge_names("c") == ["card", "charge"]
    assert profile_names("f") == ["first-visits"]
    found = scenario_names("provider_d")
    assert found == ["provider_dances", "provider_down"]


def test_a_command_that_ends_without_a_result_leaves_no_empty_file(tmp_path: Path) -> None:
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("{}")
    Outputs(new, None, old)
    assert not new.exists()
    assert old.read_text() == "{}"
    with pytest.raises(UsageError, match="can't be written"):
        Outputs(tmp_path / "nowhere" / "x.json")


def test_a_log_without_a_terminal_is_told_now_and_then_what_a_step_is_at() -> None:
    said, now_s = io.StringIO(), 0.0
    steps = Steps(Console(file=said, highlight=False), clock=lambda: now_s)
    with steps.step("exploring buy") as note:
        for second in (10, 29, 31, 40, 60, 62):
            now_s = float(second)
            note(f"{second} runs")
    assert said.getvalue().splitlines() == [
        "exploring buy ...",
        "exploring buy · 31 runs",
        "exploring buy · 62 runs",
        "exploring buy: 62.0 s",
    ]
