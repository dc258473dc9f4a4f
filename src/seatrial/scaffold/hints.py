"""Hints in a project's folder: how it is started, whom it calls, which routes it has."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seatrial.scaffold.code import read_code, relaxed
from seatrial.scaffold.commands import Command, of_line, of_script, port_variable, start_command
from seatrial.scaffold.files import (
    read_env,
    read_json,
    read_text,
    read_toml,
    read_yaml,
    sources,
    table,
)
from seatrial.scaffold.findings import Findings

_ADDRESS = re.compile(r"^[A-Z][A-Z0-9_]*_(?:URL|URI|BASE_?URL|ENDPOINT|ADDRESS|ADDR|HOST)$")
_HEALTH = re.compile(
    r"""["'`](?:GET )?(/(?:health|healthz|ready|readyz|live|livez|status|ping)[\w/]*)["'`]"""
)
_NOT_A_SERVICE = re.compile(
    r"DATABASE|POSTGRES|MYSQL|MONGO|SQL|REDIS|VALKEY|CACHE_URL|AMQP|RABBIT|KAFKA|NATS|SMTP|SENTRY"
    r"|OTEL|S3_|AWS|PUBLIC|CALLBACK|REDIRECT|PROXY|BROKER|WEBHOOK|SELF|OWN_|^APP_|SITE|^DB_|^HOST$"
    r"|^SERVER_|^BIND|ORIGIN|CORS|ISSUER"
)


@dataclass(frozen=True)
class Pact:
    """A pact that lies in the folder."""

    path: Path
    """Relative to the folder."""
    consumer: str
    provider: str
    request: tuple[str, str] | None
    """Method and path of an interaction that asks for one thing."""


@dataclass(frozen=True)
class Variable:
    """A variable that holds another service's address."""

    default: str
    """Its value in the project's own files; "" where none is said."""
    found_in: str
    port_variable: str = ""
    """Its companion, where host and port are two variables."""


@dataclass(frozen=True)
class Hints:
    """The hints that were found, each with its place, for the comments."""

    name: str
    cwd: str = "."
    command: Command | None = None
    port_env: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of .env and compose files that aren't addresses of services."""
    variables: dict[str, Variable] = field(default_factory=dict)
    routes: tuple[str, ...] = ()
    """Routes with a parameter, which is written {id}; those to be read."""
    makes: tuple[str, ...] = ()
    """Routes that things are posted to; with {id}, about one that is there."""
    bodies: tuple[str, ...] = ()
    """Fields that it reads from the bodies of requests."""
    calls: tuple[str, ...] = ()
    """Paths with a parameter that its clients ask for."""
    health: str | None = None
    pacts: tuple[Pact, ...] = ()
    scripts: tuple[str, ...] = ()
    """Files that serve when they are run."""
    neighbours: dict[str, "Hints"] = field(default_factory=dict)
    """Services next to it: those that a compose file builds, or the folder's other scripts."""


def look(folder: Path) -> Hints:
    """Look at a project's folder; what can't be read is passed over."""
    composed = _composed(folder)
    places = {name: place for name, one in composed.items() if (place := _built_in(folder, one))}
    own = next((name for name, place in places.items() if place == folder.resolve()), None)
    unbuilt = next((one for name, one in composed.items() if slug(name) == _name(folder)), {})
    if own is None and not _has_code(folder):
        own = next((name for name in places if _names(folder, composed[name], set(composed))), None)
    place = places[own] if own else folder
    settings = composed[own] if own else unbuilt
    hints = _look_at(folder, place, settings, slug(own) if own else None)
    neighbours = {
        slug(name): _look_at(folder, there, composed[name], slug(name))
        for name, there in places.items()
        if name != own
    }
    if hints.command is not None and hints.command.found_in in hints.scripts:
        own_script = next((one for one in hints.scripts if _calls(hints, one)), hints.scripts[0])
        scripts = {slug(Path(one).stem): one for one in hints.scripts}
        neighbours |= {
            name: Hints(name, command=of_script(folder, one), port_env=hints.port_env)
            for name, one in scripts.items()
            if one != own_script
        }
        if len(scripts) > 1:
            command = of_script(folder, own_script)
            hints = replace(hints, name=slug(Path(own_script).stem), command=command)
    return Hints(**{**vars(hints), "pacts": tuple(_pacts(folder)), "neighbours": neighbours})


def _calls(hints: Hints, script: str) -> bool:
    """Return whether a script reads another service's address."""
    return any(one.found_in == script for one in hints.variables.values())


def _look_at(root: Path, folder: Path, composed: dict[str, Any], name: str | None) -> Hints:
    found = Findings()
    health = None
    for path in sources(folder):
        text = read_text(path)
        read_code(path, path.relative_to(folder).as_posix(), text, found)
        health = health or next(iter(_HEALTH.findall(text)), None)
    found.settle()
    settings = dict(_settings(folder, composed))
    for variable, (value, place) in settings.items():
        found.variable(variable, value, place)
    command = start_command(folder, found)
    line = composed.get("command")
    if command is None and isinstance(line, str):
        command = of_line(folder, line, "the compose file")
    for route, methods in _documented(folder).items():
        for method in methods:
            found.route(method, route)
    variables = dict(_variables(found, settings))
    if "actuator" in read_text(folder / "pom.xml") + read_text(folder / "build.gradle"):
        health = "/actuator/health"
    return Hints(
        name=name or _name(folder),
        cwd=_within(root.resolve(), folder.resolve()),
        command=command,
        port_env=port_variable(folder, found),
        variables=variables,
        env=dict(command.env) if command else {},
        routes=tuple(path for method, path in found.routes if method == "GET" and "{id}" in path),
        bodies=tuple(found.body_fields),
        makes=tuple(
            path
            for method, path in found.routes
            if method == "POST" and "{" not in path.replace("{id}", "")
        ),
        calls=tuple(path for path in found.calls if "{id}" in path),
        health=health,
        scripts=tuple(found.scripts),
    )


def _variables(
    found: Findings, settings: Mapping[str, tuple[str, str]]
) -> Iterator[tuple[str, Variable]]:
    """The variables that hold addresses of other services."""
    for name, (default, place) in found.variables.items():
        value = settings.get(name, (default, ""))[0] or default
        is_address = _ADDRESS.match(name) or re.match(r"https?://", value)
        if not is_address or _NOT_A_SERVICE.search(name):
            continue
        port = f"{name.removesuffix('HOST')}PORT"
        if not name.endswith("_HOST"):
            yield name, Variable(value, place)
        elif port in found.variables:
            number = settings.get(port, found.variables[port])[0] or found.variables[port][0]
            yield name, Variable(f"{value}:{number}", place, port)
        elif ":" in value:
            yield name, Variable(value, place)


def _within(root: Path, folder: Path) -> str:
    return Path(os.path.relpath(folder, root)).as_posix()


def slug(name: str) -> str:
    """A name as services are named in the file."""
    tidy = re.sub(r"[^a-z0-9]+", "-", name.lower().rpartition("/")[2]).strip("-")
    return tidy or "my-service"


def _name(folder: Path) -> str:
    package = read_json(folder / "package.json")
    if isinstance(package, dict) and package.get("name"):
        return slug(str(package["name"]))
    project = table(read_toml(folder / "pyproject.toml"), "project")
    if project.get("name"):
        return slug(str(project["name"]))
    module = re.search(r"^module (\S+)", read_text(folder / "go.mod"), re.MULTILINE)
    spring = re.search(r"<artifactId>([\w-]+)</artifactId>(?![\s\S]*<parent>)", _pom(folder))
    named = module or spring
    return slug(named[1] if named else folder.resolve().name)


def _pom(folder: Path) -> str:
    return re.sub(r"<parent>[\s\S]*?</parent>", "", read_text(folder / "pom.xml"))


def _has_code(folder: Path) -> bool:
    signs = ("package.json", "pyproject.toml", "go.mod", "pom.xml", "Procfile", "manage.py")
    return any((folder / sign).is_file() for sign in signs) or any(folder.glob("*.py"))


def _composed(folder: Path) -> dict[str, dict[str, Any]]:
    """The services of a folder's compose file, or of the one above it."""
    for place in (folder, folder.resolve().parent):
        for path in chain(place.glob("docker-compose*.y*ml"), place.glob("compose*.y*ml")):
            services = table(read_yaml(path), "services")
            found = {str(name): one for name, one in services.items() if isinstance(one, dict)}
            if place == folder or any(
                _built_in(place, one) == folder.resolve() for one in found.values()
            ):
                return {name: {**one, "": place} for name, one in found.items()}
    return {}


def _built_in(folder: Path, service: dict[str, Any]) -> Path | None:
    build = service.get("build")
    context = build.get("context", ".") if isinstance(build, dict) else build
    if not isinstance(context, str):
        return None
    place = (Path(service.get("", folder)) / context).resolve()
    return place if place.is_dir() else None


def _environment(service: dict[str, Any]) -> dict[str, str]:
    found = service.get("environment")
    if isinstance(found, dict):
        return {str(name): str(value) for name, value in found.items()}
    pairs = (str(one).partition("=") for one in found) if isinstance(found, list) else ()
    return {name: value for name, _, value in pairs}


def _names(folder: Path, service: dict[str, Any], names: set[str]) -> bool:
    """Return whether one of its variables holds the address of another service."""
    values = [*_environment(service).values()]
    values += [one for path in _env_files(folder, service) for one in read_env(path).values()]
    return any(urlsplit(value).hostname in names for value in values)


def _settings(folder: Path, composed: dict[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Variables, their values and places; what is nearer to how it is run comes last."""
    for path in sorted(folder.glob("src/main/resources/application*.y*ml")):
        for key, value in _flat(read_yaml(path)):
            named = re.fullmatch(r"\$\{(\w+)(?::(.*))?\}", value)
            if named and named[1] != "PORT":
                yield named[1], (named[2] or "", path.name)
            elif re.match(r"https?://", value):
                yield relaxed(key), (value, path.name)
    for path in sorted(folder.glob("src/main/resources/application*.properties")):
        for key, value in read_env(path, names=str.isprintable).items():
            named = re.fullmatch(r"\$\{(\w+)(?::(.*))?\}", value)
            if named and named[1] != "PORT":
                yield named[1], (named[2] or "", path.name)
            elif re.match(r"https?://", value):
                yield relaxed(key), (value, path.name)
    for name in (".env.example", ".env.sample", ".env"):
        for variable, value in read_env(folder / name).items():
            yield variable, (value, name)
    for path in _env_files(folder, composed):
        for variable, value in read_env(path).items():
            yield variable, (value, path.name)
    for variable, value in _environment(composed).items():
        yield variable, (value, "the compose file")


def _env_files(folder: Path, composed: dict[str, Any]) -> Iterator[Path]:
    """The files that a compose file's `env_file` names: one, several, or with options each."""
    named = composed.get("env_file", [])
    for one in named if isinstance(named, list) else [named]:
        place = one.get("path") if isinstance(one, dict) else one
        if isinstance(place, str):
            yield Path(composed.get("", folder)) / place


def _flat(found: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", str(value)


def _documented(folder: Path) -> dict[str, list[str]]:
    """The routes of an OpenAPI document."""
    for path in chain(
        folder.glob("openapi*"), folder.glob("swagger*"), folder.glob("docs/openapi*")
    ):
        document = read_json(path) if path.suffix == ".json" else read_yaml(path)
        paths = table(document, "paths")
        if paths:
            return {str(one): list(table(paths, one)) for one in paths if str(one).startswith("/")}
    return {}


def _pacts(folder: Path) -> Iterator[Pact]:
    for path in islice(_own_json(folder), 500):
        found = read_json(path) if "interactions" in read_text(path) else None
        if isinstance(found, dict) and (pact := _pact(path.relative_to(folder), found)):
            yield pact


def _own_json(folder: Path) -> Iterator[Path]:
    """Yield JSON files, without those of installed packages: these are thousands."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - {"node_modules", ".venv", ".git"})
        yield from (Path(place, name) for name in sorted(names) if name.endswith(".json"))


def _pact(path: Path, found: dict[str, Any]) -> Pact | None:
    try:
        consumer, provider = found["consumer"]["name"], found["provider"]["name"]
        interactions = list(found["interactions"])
    except (KeyError, TypeError):
        return None
    asks = (_one_thing(each) for each in interactions)
    return Pact(path, str(consumer), str(provider), next(filter(None, asks), None))


def _one_thing(interaction: Any) -> tuple[str, str] | None:
    try:
        method, path = interaction["request"]["method"], interaction["request"]["path"]
        status = interaction["response"].get("status", 200)
    except (KeyError, TypeError, AttributeError):
        return None
    if not isinstance(path, str) or status != 200 or path.count("/") < 2:
        return None
    return str(method).upper(), path
