"""Reading a folder that somebody else made: bounded, and nothing in it is an error."""

import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

_KINDS = {".py", ".js", ".mjs", ".cjs", ".ts", ".go", ".java", ".kt", ".rb", ".rs", ".cs", ".php"}
_PASSED_OVER = {
    *("node_modules", "vendor", "dist", "build", "target", "__pycache__", "site-packages"),
    *("venv", "tests", "test", "__tests__", "migrations"),
}
_TESTS = (".test.", ".spec.", "_test.")
_FILES, _BYTES = 2_000, 256 * 1024


def sources(folder: Path) -> Iterator[Path]:
    """Return files of code, tests and other people's packages left out."""
    yield from _code(folder, [_FILES])


def _code(folder: Path, left: list[int]) -> Iterator[Path]:
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or path.name in _PASSED_OVER or path.is_symlink():
                continue
            if path.is_dir():
                yield from _code(path, left)
            elif path.suffix in _KINDS and left[0] > 0 and not _is_test(path.name):
                left[0] -= 1
                yield path


def _is_test(name: str) -> bool:
    return name.startswith(("test_", "conftest")) or any(part in name for part in _TESTS)


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


def read_toml(path: Path) -> dict[str, Any]:
    """A file's TOML; empty where there is none to be read."""
    try:
        return tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def read_yaml(path: Path) -> dict[str, Any]:
    """A file's first YAML document; empty where there is none to be read, or no mapping."""
    try:
        found = next(iter(yaml.safe_load_all(read_text(path))), None)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_env(path: Path, names: Callable[[str], bool] = str.isidentifier) -> dict[str, str]:
    """A .env file's variables, or a file's properties: NAME=value, a line each."""
    found = {}
    for line in read_text(path).splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and names(name.strip()) and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def table(found: Any, *keys: str) -> dict[str, Any]:
    """A table within tables; empty where there is none."""
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}
