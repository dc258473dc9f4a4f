"""Texts for readers: the case of the README runs, and the workflows' options exist."""

import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from seatrial.pacts import exercise

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / "docs/examples/workflows").glob("pact-*.yml"))
PAGES = [ROOT / "README.md", ROOT / "docs/how-to/contracts-in-full.md"]


class Stock:
    """A reader's own client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def left(self, sku: str) -> int:
        """The number that is left."""
        return int((await self._http.get(f"/articles/{sku}/stock")).json()["left"])


@asynccontextmanager
async def open_client(url: str) -> AsyncIterator[Stock]:
    """Opens it."""
    async with httpx.AsyncClient(base_url=url) as http:
        yield Stock(http)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_case_that_readers_see_is_short_and_runs(page: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = (each for each in blocks if "GET_STOCK" in each)
    assert len(block.splitlines()) <= 15
    names: dict[str, Any] = {"open_client": open_client}
    exec(block, names)  # noqa: S102 - our own page
    interaction = exercise(names["GET_STOCK"])
    assert interaction.subject == (
        "shop → stock-service: get what is left of an article (an article is in stock)"
    )


@pytest.mark.parametrize("text", [*WORKFLOWS, *PAGES], ids=lambda path: path.name)
def test_every_option_of_the_plugin_that_is_written_exists(
    text: Path, pytestconfig: pytest.Config
) -> None:
    for option in set(re.findall(r"--(pact-[a-z-]*[a-z]|seatrial-json)", text.read_text("utf-8"))):
        pytestconfig.getoption(option.replace("-", "_"))  # raises for an unknown one


def _words(text: str) -> list[str]:
    """The words of a command, up to the next step, comment or empty line."""
    lines: list[str] = []
    for line in text.splitlines():
        if lines and (not line.strip() or line.strip()[:2] in {"- ", "# "}):
            break
        lines.append(line)
    return " ".join(lines).split()


TOOL = shutil.which("pact", path=str(Path(sys.executable).parent)) or shutil.which("pact")


@pytest.mark.skipif(TOOL is None, reason="Pact's command line tool isn't here: see pyproject.toml")
@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_command_of_pacts_tool_in_the_workflows_exists(workflow: Path) -> None:
    assert TOOL is not None
    runs = re.findall(
        r"pact broker ([a-z-]+)((?:\s+[^\s]+)*?)\n(?:\n|\s+- |\s*#|$)", workflow.read_text()
    )
    assert runs
    for command, rest in runs:
        done = subprocess.run(
            [TOOL, "broker", command, "--help"], capture_output=True, text=True, check=True
        )
        for option in (word for word in rest if word.startswith("--")):
            assert option in done.stdout, f"{command} {option}"
