"""An OpenAPI document, as far as contracts touch it: operations, answers, fields."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import unquote

import yaml

from seatrial.errors import UsageError
from seatrial.pacts.bodies import is_json, media_type, pointer
from seatrial.pacts.openapi.parameters import Parameter
from seatrial.pacts.openapi.schemas import Schema, Schemas

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    document: "Document"
    method: str
    path: str
    """The template."""
    raw: Mapping[str, Any]
    shared: tuple[Mapping[str, Any], ...]
    """Parameters of all methods of the path."""
    bases: tuple[str, ...]
    """The paths of the servers that it may be at, as templates."""

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.method.upper()} {self.path}"

    @cached_property
    def statuses(self) -> Mapping[str, Mapping[str, Any]]:
        """The answers by status, range ("4XX") or "default"."""
        found = self.raw.get("responses") or {}
        return {str(k): self.document.schemas.resolved(v) for k, v in found.items()}

    def answer(self, status: int) -> tuple[str, Mapping[str, Any]] | None:
        """The documented answer of a status, and its key; None where there is none."""
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.statuses:
                return key, self.statuses[key]
        return None

    @property
    def routes(self) -> tuple[str, ...]:
        """Its template at each of its servers."""
        return tuple(dict.fromkeys(base + self.path for base in (*self.bases, "")))

    @property
    def error_statuses(self) -> tuple[int, ...]:
        """The errors that it documents one by one."""
        return tuple(int(key) for key in self.statuses if re.fullmatch(r"[45]\d\d", key))

    def example(self, status: int) -> tuple[str, Any] | None:
        """Return the content type and the body of a documented example, if there is one."""
        answer = self.statuses.get(str(status)) or {}
        for kind, content in (answer.get("content") or {}).items():
            for found in self._examples(content if isinstance(content, dict) else {}):
                return kind, found
        return None

    def _examples(self, content: Mapping[str, Any]) -> Iterator[Any]:
        resolved, schema = self.document.schemas.resolved, content.get("schema")
        for one in (content, resolved(schema)):
            if "example" in one:
                yield one["example"]
        for one in (content.get("examples") or {}).values():
            if "value" in (named := resolved(one)):
                yield named["value"]
        yield from resolved(schema).get("examples") or ()

    @property
    def required_fields(self) -> tuple[str, ...]:
        """Return the fields that each of its good answers has, as JSON pointers."""
        good = [self.statuses[key] for key in self.statuses if key.startswith("2")]
        schemas, found = self.document.schemas, []
        for content in (one for answer in good for one in (answer.get("content") or {}).items()):
            schema = content[1].get("schema") if isinstance(content[1], dict) else None
            if schema is not None and is_json(content[0]):
                items = schemas.items(schema)
                own = {pointer([name]) for name in schemas.required(schema)}
                of_items = {pointer(["*", name]) for name in schemas.required(items or {})}
                found.append(own | of_items)
        return tuple(sorted(set.intersection(*found))) if found else ()

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All of them; the method's own go before the path's of the same name."""
        schemas = self.document.schemas
        found: dict[tuple[object, object], Parameter] = {}
        for each in (*self.shared, *(self.raw.get("parameters") or ())):
            one = schemas.resolved(each)
            if "name" in one and "in" in one:
                found[one["in"], one["name"]] = Parameter(one, schemas)
        return tuple(found.values())

    @cached_property
    def credentials(self) -> frozenset[tuple[str, str]]:
        """Where the keys of its security schemes travel: place and name."""
        raw = self.document.raw
        schemes = (raw.get("components") or {}).get("securitySchemes") or {}
        wanted = self.raw.get("security", raw.get("security")) or ()
        names = {name for each in wanted for name in each}
        found = (self.document.schemas.resolved(schemes[name]) for name in names & schemes.keys())
        keys = [one for one in found if one.get("type") == "apiKey"]
        return frozenset((str(one.get("in")), _plain_name(one)) for one in keys)

    def takes(self, path: str) -> re.Match[str] | None:
        """Match a path against the template, at any of its servers."""
        for route in self.routes:
            if match := path_pattern(route).fullmatch(path):
                return match
        return None

    def path_values(self, path: str) -> Mapping[str, str]:
        """The texts that stand in a path for the parameters of the template."""
        match = self.takes(path)
        names = re.findall(r"\{([^}]+)\}", self.path)
        values = match.groups()[-len(names) :] if match and names else ()
        return {name: unquote(value) for name, value in zip(names, values, strict=False)}


class Document:
    """A whole document.

    Raises:
        UsageError: it isn't one.
    """

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict):
            raise UsageError(f"{where} isn't an OpenAPI document: it has no paths")
        if not str(raw.get("openapi", "")).startswith("3."):
            raise UsageError(f"{where} isn't an OpenAPI document of version 3")
        self.raw = raw
        self.where = where
        self.schemas = Schemas(raw)

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All of them, in the order of the document."""
        return tuple(
            Operation(
                self,
                method,
                path,
                item[method],
                tuple(item.get("parameters") or ()),
                self._bases(item[method], item),
            )
            for path, unresolved in self.raw["paths"].items()
            for item in [self.schemas.resolved(unresolved)]
            for method in _METHODS
            if isinstance(item.get(method), dict)
        )

    def _bases(self, *owners: Mapping[str, Any]) -> tuple[str, ...]:
        """The paths of the servers that the innermost owner names."""
        servers = next(
            (owner["servers"] for owner in (*owners, self.raw) if owner.get("servers")), ()
        )
        found = []
        for server in servers:
            url = re.sub(r"^[^/]*//[^/]*", "", str(server.get("url", "")))
            found.append("/" + url.strip("/") if url.strip("/") else "")
        return tuple(found)

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request: the path with the fewest parameters that fits."""
        fitting = [
            operation
            for operation in self.operations
            if operation.method == method.lower() and operation.takes(path)
        ]
        return min(fitting, key=lambda operation: operation.path.count("{"), default=None)


def read_document(text: bytes, where: str) -> Document:
    """Read a document in JSON or YAML.

    Raises:
        UsageError: it isn't one.
    """
    try:
        try:
            raw = json.loads(text)
        except ValueError:
            raw = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise UsageError(
            f"{where} isn't an OpenAPI document: it is neither JSON nor YAML"
        ) from None
    return Document(raw, where)


def json_schema_of(answer: Mapping[str, Any], content_type: str) -> tuple[bool, Schema | None]:
    """Find a body of a content type: True where it is documented, and its schema if it is JSON."""
    contents: Mapping[str, Any] = answer.get("content") or {}
    wanted = media_type(content_type)
    for key, value in sorted(contents.items(), key=lambda pair: pair[0].count("*")):
        kind = re.escape(media_type(key)).replace(r"\*", ".*")
        if re.fullmatch(kind, wanted):
            schema = value.get("schema") if isinstance(value, dict) else None
            return True, schema if is_json(content_type) else None
    return False, None


@lru_cache(maxsize=4096)
def path_pattern(template: str) -> re.Pattern[str]:
    """Return what a path of a template looks like, with a group for each parameter."""
    parts = re.split(r"(\{[^}]+\})", template)
    return re.compile("".join("([^/]+)" if p.startswith("{") else re.escape(p) for p in parts))


def _plain_name(scheme: Mapping[str, Any]) -> str:
    name = str(scheme.get("name", ""))
    return name.lower() if scheme.get("in") == "header" else name
