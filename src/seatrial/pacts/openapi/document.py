"""An OpenAPI document, as far as contracts touch it: operations, answers, fields."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from seatrial.errors import UsageError
from seatrial.pacts.bodies import is_json, media_type

Schema = Mapping[str, Any]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_DEPTH = 30
"""A schema that refers to itself is followed so deep."""


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

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.method.upper()} {self.path}"

    @cached_property
    def statuses(self) -> Mapping[str, Mapping[str, Any]]:
        """The answers by status, range ("4XX") or "default"."""
        found = self.raw.get("responses") or {}
        return {str(k): self.document.resolved(v) for k, v in found.items()}

    def answer(self, status: int) -> tuple[str, Mapping[str, Any]] | None:
        """What is documented of a status, and as what; None where nothing is."""
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.statuses:
                return key, self.statuses[key]
        return None

    def parameters(self, place: str) -> Mapping[str, Mapping[str, Any]]:
        """The parameters in "path", "query" or "header"; headers by their lower-case names."""
        own = [self.document.resolved(p) for p in self.raw.get("parameters") or ()]
        shared = [self.document.resolved(p) for p in self.shared]
        return {
            str(p["name"]).lower() if place == "header" else str(p["name"]): p
            for p in (*shared, *own)
            if p.get("in") == place and "name" in p
        }

    def path_values(self, path: str) -> Mapping[str, str]:
        """What stands in a path for the parameters of the template."""
        match = _pattern(self.path).fullmatch(path)
        names = re.findall(r"\{([^}]+)\}", self.path)
        values = match.groups() if match else ()
        return {name: unquote(value) for name, value in zip(names, values, strict=False)}


class Document:
    """A whole document.

    Raises:
        UsageError: it isn't one.
    """

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, dict) or not isinstance(raw.get("paths"), dict):
            raise UsageError(f"{where} is no OpenAPI document: it has no paths")
        if not str(raw.get("openapi", "")).startswith("3."):
            raise UsageError(f"{where} is no OpenAPI document of version 3")
        self.raw = raw
        self.where = where

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All of them, in the order of the document."""
        return tuple(
            Operation(self, method, path, item[method], tuple(item.get("parameters") or ()))
            for path, unresolved in self.raw["paths"].items()
            for item in [self.resolved(unresolved)]
            for method in _METHODS
            if isinstance(item.get(method), dict)
        )

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request: the path with the fewest parameters that fits."""
        fitting = [
            operation
            for operation in self.operations
            if operation.method == method.lower() and _pattern(operation.path).fullmatch(path)
        ]
        return min(fitting, key=lambda operation: operation.path.count("{"), default=None)

    def resolved(self, value: Any) -> Mapping[str, Any]:
        """What a reference refers to, or the value itself; {} where that leads nowhere."""
        for _ in range(_DEPTH):
            if not isinstance(value, dict) or "$ref" not in value:
                break
            found: Any = self.raw
            for key in str(value["$ref"]).removeprefix("#/").split("/"):
                name = unquote(key).replace("~1", "/").replace("~0", "~")
                found = found.get(name) if isinstance(found, dict) else None
            value = found
        return value if isinstance(value, dict) else {}

    def properties(self, schema: Schema, depth: int = 0) -> dict[str, Schema]:
        """The fields of an object, also of the parts that it is put together from."""
        whole = self.resolved(schema)
        found: dict[str, Schema] = {}
        if depth < _DEPTH:
            for part in self._parts(whole):
                found |= self.properties(part, depth + 1)
        return found | dict(whole.get("properties") or {})

    def items(self, schema: Schema) -> Schema | None:
        """What the items of a list are; None where nothing says it."""
        whole = self.resolved(schema)
        if isinstance(whole.get("items"), dict):
            return dict(whole["items"])
        found = (self.items(part) for part in self._parts(whole))
        return next((items for items in found if items is not None), None)

    def is_typed(self, schema: Schema) -> bool:
        """Whether a schema says anything of the value."""
        whole = self.resolved(schema)
        said = ("type", "enum", "const", "properties", "items", "format", "pattern")
        return any(key in whole for key in said) or any(map(self.is_typed, self._parts(whole)))

    def is_map(self, schema: Schema) -> bool:
        """Whether an object may have any field, of which only the value's type is known."""
        whole = self.resolved(schema)
        more = whole.get("additionalProperties")
        return (isinstance(more, dict) and bool(more)) or any(map(self.is_map, self._parts(whole)))

    @staticmethod
    def _parts(schema: Schema) -> Iterator[Schema]:
        for key in ("allOf", "anyOf", "oneOf"):
            yield from schema.get(key) or ()


def json_schema_of(answer: Mapping[str, Any], content_type: str) -> tuple[bool, Schema | None]:
    """Of an answer or a request's body: whether the content type is documented, and its schema."""
    contents: Mapping[str, Any] = answer.get("content") or {}
    wanted = media_type(content_type)
    for key, value in contents.items():
        kind = media_type(key)
        if (
            kind == wanted
            or kind == "*/*"
            or (kind.endswith("/*") and wanted.startswith(kind[:-1]))
        ):
            schema = value.get("schema") if isinstance(value, dict) else None
            return True, schema if is_json(content_type) else None
    return False, None


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", template)
    return re.compile("".join("([^/]+)" if p.startswith("{") else re.escape(p) for p in parts))
