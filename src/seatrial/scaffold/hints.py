"""Hints in a project's folder: how it is started, whom it calls, which routes it has."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from seatrial.scaffold.commands import Command, start_command
from seatrial.scaffold.files import read_json, read_text, sources

_URL = re.compile(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:URL|URI|BASE_URL|ENDPOINT|ADDRESS))\b")
_ROUTE = re.compile(
    r"""["'`]((?:GET )?/[\w./-]*(?:\{\w+\}|:\w+|<(?:\w+:)?\w+>)[\w./{}:<>-]*)["'`]"""
)
_PATTERN = re.compile(
    r"\^((?:\\?/[\w.-]+)+)\\?/\((?:\?<\w+>|\?P<\w+>)?(?:\[\^\\?/\][+*]|\\w\+|\.\+)\)"
)
"""A route as a regular expression, /^\\/users\\/([^/]+)$/ for one."""
_HEALTH = re.compile(
    r"""["'`](?:GET )?(/(?:health|healthz|ready|readyz|live|livez|status|ping)[\w/]*)["'`]"""
)
_NOT_A_SERVICE = re.compile(
    r"DATABASE|POSTGRES|MYSQL|MONGO|SQL|REDIS|VALKEY|CACHE_URL|AMQP|RABBIT|KAFKA|NATS|SMTP|SENTRY"
    r"|OTEL|S3_|AWS|PUBLIC|CALLBACK|REDIRECT|PROXY|BROKER|WEBHOOK|SELF|OWN_|APP_URL|SITE"
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
class Hints:
    """The hints that were found, each with its place, for the comments."""

    name: str
    command: Command | None = None
    variables: dict[str, str] = field(default_factory=dict)
    """Variables that hold another service's address, and the file that names it."""
    routes: tuple[str, ...] = ()
    """Routes with a parameter, which is written {id}."""
    health: str | None = None
    pacts: tuple[Pact, ...] = ()


def look(folder: Path) -> Hints:
    """Look at a project's folder; what can't be read is passed over."""
    texts = {path: read_text(path) for path in sources(folder)}
    variables: dict[str, str] = {}
    routes: dict[str, None] = {}
    health = None
    for path, text in texts.items():
        for name in _URL.findall(text):
            if not _NOT_A_SERVICE.search(name):
                variables.setdefault(name, str(path.relative_to(folder)))
        routes.update(dict.fromkeys(_route(found) for found in _ROUTE.findall(text)))
        found_patterns = (one.replace("\\", "") + "/{id}" for one in _PATTERN.findall(text))
        routes.update(dict.fromkeys(found_patterns))
        health = health or next(iter(_HEALTH.findall(text)), None)
    return Hints(
        name=_name(folder),
        command=start_command(folder),
        variables=variables,
        routes=tuple(routes),
        health=health,
        pacts=tuple(_pacts(folder)),
    )


def slug(name: str) -> str:
    """A name as services are named in the file."""
    tidy = re.sub(r"[^a-z0-9]+", "-", name.lower().rpartition("/")[2]).strip("-")
    return tidy or "my-service"


def _name(folder: Path) -> str:
    package = read_json(folder / "package.json")
    if isinstance(package, dict) and package.get("name"):
        return slug(str(package["name"]))
    try:
        project = tomllib.loads(read_text(folder / "pyproject.toml")).get("project", {})
    except tomllib.TOMLDecodeError:
        project = {}
    if isinstance(project, dict) and project.get("name"):
        return slug(str(project["name"]))
    module = re.search(r"^module (\S+)", read_text(folder / "go.mod"), re.MULTILINE)
    return slug(module[1] if module else folder.resolve().name)


def _route(found: str) -> str:
    """A route as the file writes it: its last parameter is the entity's id."""
    path = found.removeprefix("GET ")
    path = re.sub(
        r":(\w+)|<(?:\w+:)?(\w+)>", lambda match: "{" + (match[1] or match[2]) + "}", path
    )
    return re.sub(r"\{\w+\}(?!.*\{)", "{id}", path)


def _pacts(folder: Path) -> Iterator[Pact]:
    for path in sorted(folder.glob("**/*.json"))[:500]:
        if {"node_modules", ".venv", ".git"} & set(path.parts):
            continue
        try:
            found = read_json(path) if "interactions" in read_text(path) else None
        except JSONDecodeError:
            continue
        if isinstance(found, dict) and (pact := _pact(path.relative_to(folder), found)):
            yield pact


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
