"""Reading a folder that somebody else made: bounded, and nothing in it is an error."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_KINDS = {".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".java", ".kt", ".rb", ".rs", ".cs", ".php"}
_NAMED = ("docker-compose*.y*ml", "compose*.y*ml", ".env*", "Procfile", "README.md", "*.toml")
_PASSED_OVER = {"node_modules", "vendor", "dist", "build", "target", "__pycache__", "site-packages"}
_FILES, _BYTES = 2_000, 256 * 1024


def sources(folder: Path) -> Iterator[Path]:
    """Return files that may say something, the ones that are written for readers first."""
    for pattern in _NAMED:
        yield from (path for path in sorted(folder.glob(pattern)) if path.is_file())
    yield from _code(folder, [_FILES])


def _code(folder: Path, left: list[int]) -> Iterator[Path]:
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.name in _PASSED_OVER or path.is_symlink():
                continue
            if path.is_dir():
                yield from _code(path, left)
            elif path.suffix in _KINDS and left[0] > 0:
                left[0] -= 1
                yield path


def read_text(path: Path) -> str:
    """A file's beginning; empty where there is none to be read."""
    try:
        with path.open("rb") as file:
            return file.read(_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def read_json(path: Path) -> Any:
    """A file's JSON; None where there is none to be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
