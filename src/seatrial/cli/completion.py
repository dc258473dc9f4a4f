"""Names that a shell completes: scenarios, edges, load profiles; none where they can't be read."""

import tomllib
from pathlib import Path

from seatrial.config import CONFIG_NAME


def scenario_names(incomplete: str) -> list[str]:
    """Return the scenarios that begin so: those of the package, and the folder's own."""
    import ast

    from seatrial.scenarios import scenario_folders

    found = set()
    for folder in scenario_folders(Path.cwd()):
        for path in folder.glob("[!_]*.py"):
            try:
                tree = ast.parse(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, SyntaxError):
                continue
            found |= {one.name for one in tree.body if isinstance(one, ast.AsyncFunctionDef)}
    return sorted(name for name in found if name.startswith(incomplete) and name[0] != "_")


def edge_names(incomplete: str) -> list[str]:
    """Return the configuration's edges that begin so."""
    try:
        edges = tomllib.loads(Path(CONFIG_NAME).read_text(encoding="utf-8")).get("edges", {})
    except (OSError, ValueError):
        return []
    return [name for name in edges if name.startswith(incomplete)]


def profile_names(incomplete: str) -> list[str]:
    """Return the folder's load profiles that begin so."""
    names = (path.stem.replace("_", "-") for path in Path("load").glob("[!_]*.py"))
    return sorted(name for name in names if name.startswith(incomplete))
