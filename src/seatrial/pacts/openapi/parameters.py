"""Parameters of a request as OpenAPI lets them travel: in every place, style and shape.

openapi-core does this as well, but only for whole requests that it takes itself: an interaction
names what its consumer needs alone, and a parameter that nobody documents is nothing to it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from seatrial.pacts.openapi.schemas import Schema, Schemas

_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "label": "."}
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Parameter:
    """One documented parameter."""

    raw: Mapping[str, Any]
    schemas: Schemas

    @property
    def name(self) -> str:
        """Its name; a header's in lower case."""
        name = str(self.raw["name"])
        return name.lower() if self.place == "header" else name

    @property
    def place(self) -> str:
        """Path, query, header or cookie."""
        return str(self.raw.get("in"))

    @property
    def required(self) -> bool:
        """True where a request without it is wrong."""
        return bool(self.raw.get("required"))

    @property
    def schema(self) -> Schema:
        """The schema of its value."""
        for content in (self.raw.get("content") or {}).values():
            return content.get("schema") or {} if isinstance(content, dict) else {}
        return self.raw.get("schema") or {}

    @property
    def style(self) -> str:
        """The way that a list or an object of it is written."""
        return str(self.raw.get("style") or _STYLES.get(self.place, "simple"))

    @property
    def explode(self) -> bool:
        """True where each item or field stands on its own."""
        return bool(self.raw.get("explode", self.style in ("form", "deepObject")))

    def takes(self, name: str) -> bool:
        """Say whether a name in the request belongs to it."""
        if name in (self.name, f"{self.name}[]"):
            return True
        if self.style == "deepObject":
            return name.startswith(f"{self.name}[")
        spread = self.style == "form" and self.explode and self.place in ("query", "cookie")
        return spread and name in self.schemas.properties(self.schema)

    def values(self, given: Mapping[str, Sequence[str]]) -> Iterator[object]:
        """Everything that the texts of a request may stand for; one of them must be right.

        Args:
            given: name → texts, of those that it takes.
        """
        texts = [text for values in given.values() for text in values]
        if "content" in self.raw:
            yield from map(_json, texts)
            return
        types = self.schemas.types(self.schema)
        if "array" in types:
            items = self.schemas.items(self.schema) or {}
            yield [self._one(text, items) for text in self._split(texts)]
        if "object" in types:
            properties = self.schemas.properties(self.schema)
            pairs = self._pairs(given, texts)
            yield {name: self._one(text, properties.get(name) or {}) for name, text in pairs}
        if len(texts) == 1:
            text = self._plain(texts[0])
            yield self._one(text, self.schema)
            yield text
        else:
            yield texts

    def _one(self, text: str, schema: Schema) -> object:
        """A text as what the schema's types make of it."""
        types = self.schemas.types(schema)
        if not types:
            named = {v for part in [self.schemas.resolved(schema)] for v in part.get("enum") or ()}
            return next((v for v in named if str(v) == text), text)
        if text in _CONSTANTS and types & {"boolean", "null"}:
            return _CONSTANTS[text]
        if types & {"integer", "number"}:
            try:
                return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
            except ValueError:
                return text
        return text

    def _plain(self, text: str) -> str:
        if self.style == "label":
            return text.removeprefix(".")
        if self.style == "matrix":
            return text.removeprefix(f";{self.raw['name']}=")
        return text

    def _split(self, texts: Sequence[str]) -> list[str]:
        if self.place in ("query", "cookie") and self.explode:
            return list(texts)
        plain = self._plain(texts[0]) if texts else ""
        separator = _SEPARATORS.get(self.style, ",")
        if self.style == "matrix" and self.explode:
            return plain.split(f";{self.raw['name']}=")
        if self.style == "label" and not self.explode:
            separator = ","
        return [part.strip() for part in unquote(plain).split(separator)] if plain else []

    def _pairs(
        self, given: Mapping[str, Sequence[str]], texts: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        if self.style == "deepObject":
            for name, values in given.items():
                yield name.removeprefix(f"{self.name}[").removesuffix("]"), values[0]
            return
        if self.place in ("query", "cookie") and self.explode:
            yield from ((name, values[0]) for name, values in given.items())
            return
        text = texts[0] if texts else ""
        if self.explode:
            for part in re.split(r"[,;.]", text.lstrip(".;")):
                name, _, value = part.partition("=")
                yield name, value
        else:
            parts = self._split(texts)
            yield from zip(parts[::2], parts[1::2], strict=False)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def cookies(header: str) -> dict[str, list[str]]:
    """The cookies in a request's header, by name."""
    found: dict[str, list[str]] = {}
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name:
            found.setdefault(name, []).append(value)
    return found
