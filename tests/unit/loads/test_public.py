"""A profile's author imports from one place, and that place is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.loads.limits import LIMITS, Limits, judge_load
from seatrial.plugins import load_plugins
from seatrial.results import Verdict
from tests.unit.loads.planted import arrivals_of, evidence_of, run_of

ROOT = Path(__file__).parents[3]
PUBLIC = {"seatrial.loads", "seatrial.errors"}


@pytest.mark.parametrize("path", sorted((ROOT / "load").glob("*.py")), ids=lambda path: path.stem)
def test_profiles_import_from_the_public_package_alone(path: Path) -> None:
    modules = {
        node.module
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("seatrial")
    }
    assert modules <= PUBLIC


def test_every_public_name_is_there_and_only_the_user_brings_locust() -> None:
    code = (
        "import sys, seatrial.loads as loads\n"
        "names = [name for name in loads.__all__ if name != 'OpenLoopUser']\n"
        "assert all(getattr(loads, name) is not None for name in names)\n"
        "heavy = {'locust', 'gevent', 'scipy', 'hdrh', 'fastapi', 'uvicorn'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == 0


def test_the_documented_limit_can_be_added_by_a_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "how-to" / "load.md").read_text(encoding="utf-8")
    text = page.partition("### A limit of your own")[2].partition("```python\n")[2]
    (tmp_path / "our_limits.py").write_text(text.partition("```")[0])
    monkeypatch.setattr(sys, "path", [*sys.path])
    load_plugins(["our_limits"], tmp_path)
    try:
        slow = run_of(arrivals_of(hit_s=2.0)[0])
        checks = judge_load(evidence_of(slow, None), Limits(extra={"slow-answers": 0.05}))
        assert {one.id: one.verdict for one in checks}["load.slow-answers"] is Verdict.FAILED
    finally:
        LIMITS._things.pop("slow-answers")
