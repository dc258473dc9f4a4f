"""The example of a consumer in Node.js: it keeps its promises, and a broken one is found."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import ROOT, seatrial

EXAMPLE = ROOT / "docs/examples/node-consumer"


@pytest.fixture(autouse=True)
def node() -> None:
    """Node.js, new enough; skipped where it isn't there."""
    if shutil.which("node") is None:
        pytest.skip("no node on PATH: the example of a consumer in Node.js isn't run")


def verdicts(folder: Path, out: Path, *scenarios: str) -> dict[str, str]:
    """Return what a run of some scenarios says of the service in a folder, by check."""
    words = ("chaos", "run", *scenarios, "--config", str(folder / "seatrial.toml"))
    answer = seatrial(*words, "--json", str(out), "--engine", "embedded")
    assert answer.returncode in (0, 1), answer.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    return {check["id"].removeprefix("chaos."): check["verdict"] for check in found["checks"]}


def test_the_node_service_keeps_its_promises(tmp_path: Path) -> None:
    found = verdicts(EXAMPLE, tmp_path / "out.json", "provider_down", "attempts_fail")
    assert "failed" not in found.values()
    passed = {name for name, verdict in found.items() if verdict == "passed"}
    assert {
        "provider_down.opens-at-threshold",
        "attempts_fail.attempts-per-call",
        "attempts_fail.waits-are-spread",
    } <= passed


def test_what_is_broken_in_it_is_found_by_its_own_check(tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(EXAMPLE, folder)
    server = folder / "server.mjs"
    code = server.read_text()
    assert "Math.random() * longest" in code
    server.write_text(code.replace("Math.random() * longest", "longest"))
    found = verdicts(folder, tmp_path / "out.json", "attempts_fail")
    failed = {name for name, verdict in found.items() if verdict == "failed"}
    assert failed == {"attempts_fail.waits-are-spread"}


def test_its_first_load_profile_runs_as_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "card"
    shutil.copytree(EXAMPLE, folder)
    assert seatrial("init", "--load", str(folder)).returncode == 0
    words = ("load", "run", "user", "--rate", "60", "--duration", "5", "--engine", "embedded")
    out = folder / "out.json"
    answer = seatrial(*words, "--config", str(folder / "seatrial.toml"), "--json", str(out))
    assert answer.returncode in (0, 4), answer.stderr  # 4 where this machine is too busy
    found = json.loads(out.read_text())
    if answer.returncode == 0:
        passed = {one["id"] for one in found["checks"] if one["verdict"] == "passed"}
        assert {"load.errors", "load.goodput"} <= passed
