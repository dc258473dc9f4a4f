"""The committed reference pages say what the code says, and links within docs/ lead somewhere."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")])


def generator() -> ModuleType:
    """Load docs/reference_pages.py, which is no package's."""
    spec = importlib.util.spec_from_file_location(
        "reference_pages", ROOT / "docs" / "reference_pages.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["configuration", "checks", "faults", "scenarios", "results", "cli"]
)
def test_a_committed_page_is_current(name: str) -> None:
    module = generator()
    assert (module.FOLDER / f"{name}.md").read_text("utf-8") == module.PAGES[name](), (
        "renew it: .venv/bin/python docs/reference_pages.py"
    )


def test_every_key_of_the_configuration_has_its_meaning() -> None:
    page = (generator().FOLDER / "configuration.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    assert [row[0] for row in rows if len(row) < 4] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
