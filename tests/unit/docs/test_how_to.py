"""The code in the how-to pages works as it stands."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "docs" / "how-to" / f"{name}.md"
    for name in ("check", "contract", "fault", "profile", "scenario")
]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def code(page: Path) -> str:
    """A page's Python, one block after the other."""
    return "\n".join(_BLOCK.findall(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_is_what_the_formatter_makes_of_it(page: Path) -> None:
    text = code(page)
    ast.parse(text)
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "page.py", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == text.split()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path) -> None:
    done = subprocess.run(
        # Locust patches what it is imported into, so each page has a process of its own.
        [sys.executable, "-c", code(page)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
