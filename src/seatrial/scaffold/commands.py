"""The command that starts a project."""

import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path

from seatrial.scaffold.files import read_json, read_text

_SHELL = re.compile(r"[|&;<>$`*?(){}\n=]")
"""Characters that only a shell understands; commands are run without one."""
_ENTRIES = {
    "main.py": ("python", "main.py"),
    "app.py": ("python", "app.py"),
    "server.py": ("python", "server.py"),
    "manage.py": ("python", "manage.py", "runserver", "--noreload"),
    "server.js": ("node", "server.js"),
    "index.js": ("node", "index.js"),
    "app.js": ("node", "app.js"),
    "src/index.js": ("node", "src/index.js"),
    "server.mjs": ("node", "server.mjs"),
}


@dataclass(frozen=True)
class Command:
    """A command's words, and where they are from."""

    words: tuple[str, ...]
    found_in: str


def start_command(folder: Path) -> Command | None:
    """The command that starts a project, as far as its folder says."""
    return (
        _of_node(folder)
        or _of_procfile(folder)
        or _of_python(folder)
        or _of_go(folder)
        or next(
            (Command(words, name) for name, words in _ENTRIES.items() if (folder / name).is_file()),
            None,
        )
    )


def _of_node(folder: Path) -> Command | None:
    package = read_json(folder / "package.json")
    if not isinstance(package, dict):
        return None
    scripts = package.get("scripts")
    start = scripts.get("start") if isinstance(scripts, dict) else None
    if isinstance(start, str) and start.strip():
        # npm itself puts a shell between us and the process: its own words where that can be.
        words = _words(start) or ("npm", "start")
        return Command(words, "package.json: scripts.start")
    main = package.get("main")
    if isinstance(main, str) and main:
        return Command(("node", main), "package.json: main")
    return None


def _of_procfile(folder: Path) -> Command | None:
    web = re.search(r"^web:\s*(.+)$", read_text(folder / "Procfile"), re.MULTILINE)
    words = _words(web[1]) if web else None
    return Command(words, "Procfile") if words else None


def _of_python(folder: Path) -> Command | None:
    try:
        project = tomllib.loads(read_text(folder / "pyproject.toml")).get("project", {})
    except tomllib.TOMLDecodeError:
        return None
    scripts = project.get("scripts") if isinstance(project, dict) else None
    if not isinstance(scripts, dict) or not scripts:
        return None
    return Command((str(next(iter(scripts))),), "pyproject.toml: project.scripts")


def _of_go(folder: Path) -> Command | None:
    if not (folder / "go.mod").is_file():
        return None
    commands = sorted(path.parent for path in folder.glob("cmd/*/main.go"))
    place = f"./{commands[0].relative_to(folder)}" if commands else "."
    return Command(("go", "run", place), "go.mod")


def _words(line: str) -> tuple[str, ...] | None:
    if _SHELL.search(line):
        return None
    try:
        return tuple(shlex.split(line)) or None
    except ValueError:
        return None
