"""Values held against the schemas of an OpenAPI document, by a JSON Schema validator."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.openapi.document import Document, Schema

try:
    import jsonschema_rs
except ImportError as error:  # pragma: no cover - the tests' environment has it
    raise UsageError(
        "jsonschema-rs isn't installed; pip install 'seatrial[pact]' brings it"
    ) from error


class Validator:
    """Validates against the schemas of one document."""

    def __init__(self, document: Document) -> None:
        old = str(document.raw["openapi"]).startswith("3.0")
        components = document.raw.get("components") or {}
        whole = _as_json_schema(components) if old else components
        self._old = old
        self._whole = whole
        self._partial = _without_required(whole)

    def differences(self, value: object, schema: Schema, *, partial: bool) -> Iterator[str]:
        """What is wrong with a value, each with its place.

        Args:
            value: of JSON.
            schema: of the document.
            partial: a field that is left out is not missing: a pact names what is needed alone.

        Raises:
            UsageError: the schema itself is wrong.
        """
        own: Any = _as_json_schema(schema) if self._old else schema
        if partial:
            own = _without_required(own)
        components = self._partial if partial else self._whole
        try:
            validator = jsonschema_rs.Draft202012Validator({**own, "components": components})
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise UsageError(f"a schema of the OpenAPI document is wrong: {error}") from None
        for found in validator.iter_errors(value):
            where = "".join(
                f"[{key}]" if isinstance(key, int) else f".{key}" for key in found.instance_path
            )
            yield f"${where}: {found.message}"


def _without_required(value: Any) -> Any:
    """The schema with nothing required; a property called "required" stays."""
    if isinstance(value, list):
        return [_without_required(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _without_required(inner)
        for key, inner in value.items()
        if not (key == "required" and isinstance(inner, list))
    }


def _as_json_schema(value: Any) -> Any:
    """A schema of OpenAPI 3.0, whose `nullable` JSON Schema doesn't know."""
    if isinstance(value, list):
        return [_as_json_schema(one) for one in value]
    if not isinstance(value, Mapping):
        return copy.copy(value)
    changed = {key: _as_json_schema(inner) for key, inner in value.items() if key != "nullable"}
    if value.get("nullable") is True:
        return {"anyOf": [changed, {"type": "null"}]}
    for word, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if changed.get(word) is True:
            changed[word] = changed.pop(limit, 0)
        elif changed.get(word) is False:
            del changed[word]
    return changed
