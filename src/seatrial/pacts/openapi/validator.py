"""Values held against the schemas of an OpenAPI document, by a JSON Schema validator."""

from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.openapi.document import Document
from seatrial.pacts.openapi.schemas import Schema

try:
    import jsonschema_rs
except ImportError as error:  # pragma: no cover - the tests' environment has it
    raise UsageError(
        "jsonschema-rs isn't installed; pip install 'seatrial[pact]' brings it"
    ) from error

_OF_WHOLE_VALUES = ("not", "if", "then", "else", "dependentRequired", "minProperties")
"""Words that can't be judged by a part of a value."""
_OF_NAMES = frozenset(
    (
        *("$defs", "definitions", "properties", "patternProperties", "dependentSchemas"),
        *("callbacks", "content", "examples", "headers", "links", "parameters", "pathItems"),
        *("paths", "requestBodies", "responses", "schemas", "securitySchemes"),
    )
)
"""Words whose objects have names for keys, which may look like words."""
_OF_VALUES = frozenset(("const", "default", "enum", "example"))
"""Words that hold values, and no schemas."""


class Validator:
    """Validates against the schemas of one document."""

    def __init__(self, document: Document) -> None:
        self._schemas = document.schemas
        self._old = str(document.raw["openapi"]).startswith("3.0")
        # A reference may lead anywhere in the document, so all of it stands at the root.
        whole = {k: v for k, v in document.raw.items() if isinstance(v, dict | list)}
        self._whole = self._translated(whole, partial=False)
        self._partial = self._translated(whole, partial=True)

    def differences(self, value: object, schema: Schema, *, partial: bool) -> Iterator[str]:
        """Yield each difference of a value from a schema, with its place.

        Args:
            value: of JSON.
            schema: of the document.
            partial: a field that is left out is not missing: a pact names what is needed alone.

        Raises:
            UsageError: the schema itself is wrong.
        """
        whole = self._partial if partial else self._whole
        own = self._translated(schema, partial=partial)
        try:
            validator = jsonschema_rs.Draft202012Validator({**whole, **own})
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise UsageError(f"a schema of the OpenAPI document is wrong: {error}") from None
        for found in validator.iter_errors(value):
            where = "".join(
                f"[{key}]" if isinstance(key, int) else f".{key}" for key in found.instance_path
            )
            yield f"${where}: {found.message}"

    def _translated(self, value: Any, *, partial: bool) -> Any:
        if isinstance(value, list):
            return [self._translated(one, partial=partial) for one in value]
        if not isinstance(value, Mapping):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return {}  # of another document, which can't be read here: anything goes
        changed = {k: self._of_word(k, v, partial=partial) for k, v in value.items()}
        if isinstance(changed.get("required"), list):
            changed["required"] = [] if partial else self._sent(value)
        if partial:
            changed = {k: v for k, v in changed.items() if k not in _OF_WHOLE_VALUES}
        if isinstance(changed.get("oneOf"), list) and (partial or "discriminator" in value):
            # Without what tells them apart, several may fit.
            several = {"anyOf": changed.pop("oneOf")}
            changed.setdefault("allOf", []).append(several)
        return _of_3_0(changed) if self._old else changed

    def _of_word(self, word: str, value: Any, *, partial: bool) -> Any:
        if word in _OF_VALUES:
            return value
        if word in _OF_NAMES and isinstance(value, dict):
            return {name: self._translated(one, partial=partial) for name, one in value.items()}
        return self._translated(value, partial=partial)

    def _sent(self, schema: Schema) -> list[str]:
        """The required fields that a request must have: one that is only read isn't sent."""
        known = self._schemas.properties(schema)
        return [
            name
            for name in schema["required"]
            if not self._schemas.resolved(known.get(name)).get("readOnly")
        ]


def _of_3_0(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of OpenAPI 3.0 in the words of JSON Schema, which are 3.1's."""
    nullable = schema.get("nullable")
    if isinstance(nullable, bool):
        del schema["nullable"]
    for word, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(word) is True:
            schema[word] = schema.pop(limit, 0)
        elif schema.get(word) is False:
            del schema[word]
    return {"anyOf": [schema, {"type": "null"}]} if nullable is True else schema
