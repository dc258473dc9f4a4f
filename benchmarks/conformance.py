"""The number of conformance tests that passed, on the embedded engine and on the real server.

`python -m benchmarks conformance` runs `tests/integration/faults/test_conformance_*.py` and fails
when one of them fails, or when there is no real server to compare with.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from seatrial.faults import find_server

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests/integration/faults").glob("test_conformance_*.py"))


def figures() -> dict[str, float]:
    """`conformance_tests`; {} without the real server.

    Raises:
        SystemExit: a test failed.
    """
    if find_server() is None:
        print("conformance: no Toxiproxy here; `make toxiproxy` builds it", flush=True)
        return {}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ["-q", "--no-header", "-n", "2", "--junit-xml", str(report), *map(str, FILES)]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=ROOT,
            env=os.environ | {"CI": "1"},  # a test that is skipped would prove nothing
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise SystemExit(f"the conformance suite failed:\n{done.stdout[-3000:]}")
        suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - pytest wrote it
        assert suite is not None
        return {"conformance_tests": int(suite.get("tests", "0")) - int(suite.get("skipped", "0"))}
