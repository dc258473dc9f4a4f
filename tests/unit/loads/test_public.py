"""A profile's author imports from one place, and that place is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

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
