"""The command that starts a project."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seatrial.scaffold.files import read_json, read_text, read_toml, read_yaml, table
from seatrial.scaffold.findings import Findings

_SHELL = re.compile(r"[|&;<>`*?()\n]|\$\(")
"""Characters that only a shell understands; commands are run without one."""
_PORT = re.compile(r"\$(?:\{\w*PORT(?::-?\d+)?\}|\w*PORT\b)")
_SET = re.compile(r"^[A-Za-z_]\w*=\S*$")
_ENTRIES = {
    "main.py": ("python", "main.py"),
    "app.py": ("python", "app.py"),
    "server.py": ("python", "server.py"),
    "server.js": ("node", "server.js"),
    "index.js": ("node", "index.js"),
    "app.js": ("node", "app.js"),
    "src/index.js": ("node", "src/index.js"),
    "server.mjs": ("node", "server.mjs"),
}
_PORT_OPTIONS = {"--port", "-p"}
_BIND_OPTIONS = {"--bind", "-b"}
_TOOLS = {"uvicorn": "--port", "flask": "--port", "fastapi": "--port", "hypercorn": "--bind"}
_TOOLS |= {"gunicorn": "--bind", "granian": "--port"}
_BUILDS = {
    "go",
    "mvn",
    "./mvnw",
    "gradle",
    "./gradlew",
    "nest",
    "npm",
    "ts-node",
    "tsx",
    "cargo",
    "java",
}
_SERVERS = {
    "fastapi": ("uvicorn", "{app}", "--host", "{host}", "--port", "{port}"),
    "starlette": ("uvicorn", "{app}", "--host", "{host}", "--port", "{port}"),
    "litestar": ("uvicorn", "{app}", "--host", "{host}", "--port", "{port}"),
    "quart": ("uvicorn", "{app}", "--host", "{host}", "--port", "{port}"),
    "flask": ("flask", "--app", "{app}", "run", "--host", "{host}", "--port", "{port}"),
}


@dataclass(frozen=True)
class Command:
    """A command's words, and where they are from."""

    words: tuple[str, ...]
    found_in: str
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def builds(self) -> bool:
        """Whether it compiles first, and takes its time."""
        return self.words[0] in _BUILDS

    @property
    def takes_port(self) -> bool:
        """Whether the port is among its words."""
        return any("{port}" in word for word in self.words)


def start_command(folder: Path, found: Findings) -> Command | None:
    """The command that starts a project, as far as its folder says."""
    return (
        _of_node(folder)
        or _of_procfile(folder)
        or _of_django(folder)
        or _of_framework(folder, found)
        or _of_pyproject(folder)
        or _of_spring(folder)
        or _of_go(folder)
        or _of_dockerfile(folder)
        or next(
            (
                Command(_own_python(folder, words), name)
                for name, words in _ENTRIES.items()
                if (folder / name).is_file()
            ),
            None,
        )
        or next((of_script(folder, name) for name in found.scripts), None)
    )


def of_script(folder: Path, name: str) -> Command:
    """The command that runs a file, which serves."""
    program = {".py": "python", ".java": "java"}.get(Path(name).suffix, "node")
    return Command(_own_python(folder, (program, name)), name)


def of_line(folder: Path, line: str, found_in: str) -> Command | None:
    """A command from a line for a shell, where it can do without one."""
    if _SHELL.search(line):
        return None
    try:
        words = shlex.split(_PORT.sub("{port}", line))
    except ValueError:
        return None
    env = {}
    while words and (_SET.match(words[0]) or words[0] in ("cross-env", "exec", "env")):
        name, equals, value = words.pop(0).partition("=")
        if equals:
            env[name] = value
    if not words or any("$" in word for word in words):
        return None
    return Command(_own_python(folder, _ported(words)), found_in, env)


def _ported(words: list[str]) -> tuple[str, ...]:
    """A command with the port that it is given, and without what restarts or multiplies it."""
    found: list[str] = []
    before = ""
    for word in words:
        if word in ("--reload", "--debug"):
            continue
        if before in _PORT_OPTIONS and word.isdigit():
            word = "{port}"
        elif re.fullmatch(r"--port=\d+", word):
            word = "--port={port}"
        elif re.fullmatch(r"(--bind=)?(\[?[\w.:]*\]?):(\d+|\{port\})", word) and (
            before in {*_BIND_OPTIONS, "runserver"} or word.startswith("--bind=")
        ):
            word = ("--bind=" if word.startswith("--bind=") else "") + "{host}:{port}"
        found.append(word)
        before = word
    tool = next((word for word in found[:3] if word in _TOOLS), None)
    if tool and not any("{port}" in word for word in found):
        option = _TOOLS[tool]
        found += [option, "{host}:{port}" if option == "--bind" else "{port}"]
    if "runserver" in found:
        rest = [w for w in found[found.index("runserver") + 1 :] if w.startswith("--settings")]
        found = [*found[: found.index("runserver") + 1], "--noreload", *rest, "{host}:{port}"]
    return tuple(found)


def _own_python(folder: Path, words: tuple[str, ...]) -> tuple[str, ...]:
    """A project's own interpreter where it has one, and its tools as modules where it hasn't."""
    own = next((one for one in (".venv", "venv") if (folder / one / "bin/python").is_file()), None)
    if words[0] in ("python", "python3"):
        return (f"{own}/bin/python" if own else "python", *words[1:])
    if words[0] in _TOOLS and not own:
        return ("python", "-m", *words)
    return words


def _of_node(folder: Path) -> Command | None:
    package = read_json(folder / "package.json")
    scripts = table(package, "scripts")
    for name in ("start", "serve", "dev"):
        line = scripts.get(name)
        if isinstance(line, str) and line.strip():
            # npm itself puts a shell between us and the process: its own words where that can be.
            fallback = Command(("npm", "start") if name == "start" else ("npm", "run", name), "")
            place = f"package.json: scripts.{name}"
            found = of_line(folder, line, place) or fallback
            return Command(found.words, place, found.env)
    main = package.get("main") if isinstance(package, dict) else None
    if isinstance(main, str) and main:
        return Command(("node", main), "package.json: main")
    return None


def _of_procfile(folder: Path) -> Command | None:
    web = re.search(r"^web:\s*(.+)$", read_text(folder / "Procfile"), re.MULTILINE)
    return of_line(folder, web[1], "Procfile") if web else None


def _of_django(folder: Path) -> Command | None:
    if not (folder / "manage.py").is_file():
        return None
    words = ("python", "manage.py", "runserver", "--noreload", "{host}:{port}")
    return Command(_own_python(folder, words), "manage.py")


def _of_framework(folder: Path, found: Findings) -> Command | None:
    for framework, app in found.apps.items():
        module = app.removeprefix("src.")
        env = {"PYTHONPATH": "src"} if module != app else {}
        words = tuple(word.replace("{app}", module) for word in _SERVERS[framework])
        if module.endswith("()") and words[0] == "uvicorn":
            words = (*(word.removesuffix("()") for word in words), "--factory")
        return Command(_own_python(folder, words), f"{framework}'s {app}", env)
    return None


def _of_pyproject(folder: Path) -> Command | None:
    scripts = table(read_toml(folder / "pyproject.toml"), "project", "scripts")
    if not scripts:
        return None
    return Command((str(next(iter(scripts))),), "pyproject.toml: project.scripts")


def _of_go(folder: Path) -> Command | None:
    if not (folder / "go.mod").is_file():
        return None
    commands = sorted(path.parent for path in folder.glob("cmd/*/main.go"))
    place = f"./{commands[0].relative_to(folder)}" if commands else "."
    return Command(("go", "run", place), "go.mod")


def _of_spring(folder: Path) -> Command | None:
    for build, wrapper, program, task in (
        ("pom.xml", "mvnw", "mvn", "spring-boot:run"),
        ("build.gradle", "gradlew", "gradle", "bootRun"),
        ("build.gradle.kts", "gradlew", "gradle", "bootRun"),
    ):
        if "spring-boot" in read_text(folder / build) or "springframework" in read_text(
            folder / build
        ):
            own = (folder / wrapper).is_file()
            return Command((f"./{wrapper}" if own else program, task), build)
    return None


def _of_dockerfile(folder: Path) -> Command | None:
    entry: list[str] = []
    command: list[str] = []
    for line in read_text(folder / "Dockerfile").replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word.upper() in ("CMD", "ENTRYPOINT"):
            try:
                words = json.loads(rest) if rest.strip().startswith("[") else [rest.strip()]
            except ValueError:
                continue
            if word.upper() == "CMD":
                command = [str(one) for one in words]
            else:
                entry, command = [str(one) for one in words], []
    words = [*entry, *command]
    if words[:2] in (["sh", "-c"], ["/bin/sh", "-c"]):
        words = words[2:]
    if not words:
        return None
    line = words[0] if len(words) == 1 else shlex.join(words)
    return of_line(folder, line.replace("'$", "$").replace("}'", "}"), "Dockerfile: CMD")


def port_variable(folder: Path, found: Findings) -> str | None:
    """The variable that a service reads its port from, as far as its folder says."""
    if (folder / "pom.xml").is_file() or list(folder.glob("build.gradle*")):
        for path in _spring_files(folder):
            port = str(table(read_yaml(path), "server").get("port", ""))
            if named := re.match(r"\$\{(\w+)", port):
                return named[1]
        return "SERVER_PORT"
    named_port = [name for name in found.variables if re.fullmatch(r"(\w+_)?PORT", name)]
    own = [name for name in named_port if f"{name.removesuffix('PORT')}HOST" not in found.variables]
    for best in ("PORT", "HTTP_PORT", "SERVER_PORT", "APP_PORT"):
        if best in named_port:
            return best
    return own[0] if len(own) == 1 else None


def _spring_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("src/main/resources/application*.y*ml"))
