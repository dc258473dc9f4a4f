"""What the schemas of a document say of a value: its fields, its items, whether anything at all."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote

Schema = Mapping[str, Any]

_SAID = frozenset(
    (
        *("type", "enum", "const", "format", "properties", "items", "prefixItems"),
        *("pattern", "patternProperties", "additionalProperties", "$dynamicRef"),
        *("minimum", "maximum", "minLength", "maxLength"),
    )
)
"""Words that say something of a value."""
_ANYTHING: dict[str, Any] = {"additionalProperties": {"description": "anything"}}
_ANYTHING["items"] = _ANYTHING
_FOLLOWED = 50
"""References that lead to references are followed so far."""


class Schemas:
    """The schemas of one document, wherever in it they are.

    Args:
        raw: the document.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def resolved(self, value: Any) -> Mapping[str, Any]:
        """The target of a reference, or the value itself; {} where that leads nowhere.

        Words next to a reference count as well, as they do since version 3.1.
        """
        beside: dict[str, Any] = {}
        for _ in range(_FOLLOWED):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                break
            beside = {k: v for k, v in value.items() if k != "$ref"} | beside
            value = self._target(value["$ref"])
        found = value if isinstance(value, dict) else {}
        return {**found, **beside} if beside else found

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            return _ANYTHING  # another document, which can't be read here
        found: Any = self.raw
        for key in reference.removeprefix("#").removeprefix("/").split("/"):
            name = unquote(key).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = found.get(name)
            elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            else:
                found = None
        # Many a generator writes a schema's own `#/$defs/…` as if it were a document of its own.
        return self._own_definitions.get(reference) if found is None else found

    @cached_property
    def _own_definitions(self) -> Mapping[str, Schema]:
        """Reference → definition, of the `$defs` within schemas; the first of a name counts."""
        found: dict[str, Schema] = {}
        waiting: list[Any] = [self.raw]
        while waiting:
            one = waiting.pop()
            if isinstance(one, dict):
                defs = one.get("$defs")
                for name, schema in defs.items() if isinstance(defs, dict) else ():
                    found.setdefault(f"#/$defs/{name}", schema)
                waiting += one.values()
            elif isinstance(one, list):
                waiting += one
        return found

    def properties(self, schema: Schema) -> dict[str, Schema]:
        """The fields of an object, also of the parts that it is put together from."""
        found: dict[str, Schema] = {}
        for part in self._whole(schema):
            own = part.get("properties")
            for name, inner in own.items() if isinstance(own, dict) else ():
                found.setdefault(name, inner)
        return found

    def required(self, schema: Schema) -> frozenset[str]:
        """The fields that every object has: its own, and those of all that it must be as well."""
        found: set[str] = set()
        waiting: list[Any] = [schema]
        for _ in range(_FOLLOWED):
            if not waiting:
                break
            part = self.resolved(waiting.pop())
            named = part.get("required")
            found.update(map(str, named if isinstance(named, list) else ()))
            waiting += part.get("allOf") or ()
        return frozenset(found)

    def items(self, schema: Schema) -> Schema | None:
        """The schema of a list's items; None where nothing says it."""
        for part in self._whole(schema):
            if isinstance(part.get("items"), dict):
                return dict(part["items"])
            if part.get("prefixItems"):
                return dict(part["prefixItems"][0])
        return None

    def is_typed(self, schema: Schema) -> bool:
        """Say whether a schema says anything of the value."""
        return any(key in part for part in self._whole(schema) for key in _SAID)

    def is_map(self, schema: Schema) -> bool:
        """Say whether an object may have any field, of which only the value's type is known."""
        return any(
            isinstance(part.get("additionalProperties"), dict) and part["additionalProperties"]
            for part in self._whole(schema)
        )

    def types(self, schema: Schema) -> frozenset[str]:
        """The types that a value may be of, by any part."""
        said = (part.get("type") for part in self._whole(schema))
        return frozenset(
            name for each in said if each for name in ([each] if isinstance(each, str) else each)
        )

    def _whole(self, schema: Any) -> Iterator[Schema]:
        """A schema and its parts, each once: they may lead back to it."""
        seen: set[int] = set()
        waiting = [schema]
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, dict) and isinstance(one.get("$ref"), str):
                target = self._target(one["$ref"])
                if id(target) in seen:
                    continue
                seen.add(id(target))
            elif id(one) in seen:
                continue
            seen.add(id(one))
            part = self.resolved(one)
            yield part
            for key in ("allOf", "anyOf", "oneOf"):
                waiting += part.get(key) or ()
            waiting += [part[key] for key in ("if", "then", "else") if key in part]
            waiting += self._heirs(one, part)

    def _heirs(self, schema: Any, part: Schema) -> Iterator[Schema]:
        """The schemas that a discriminator chooses from, where only they name their parent."""
        discriminator = part.get("discriminator")
        if not isinstance(discriminator, dict):
            return
        for target in (discriminator.get("mapping") or {}).values():
            named = target if "/" in target else f"#/components/schemas/{target}"
            yield {"$ref": named}
        if isinstance(schema, dict) and "$ref" in schema:
            yield from self._children.get(schema["$ref"], ())

    @cached_property
    def _children(self) -> Mapping[str, list[Schema]]:
        """Reference → the schemas that say `allOf` it."""
        found: dict[str, list[Schema]] = {}
        schemas = (self.raw.get("components") or {}).get("schemas") or {}
        for name, schema in schemas.items():
            for part in (schema.get("allOf") or ()) if isinstance(schema, dict) else ():
                if isinstance(part, dict) and "$ref" in part:
                    reference = {"$ref": f"#/components/schemas/{name}"}
                    found.setdefault(str(part["$ref"]), []).append(reference)
        return found
