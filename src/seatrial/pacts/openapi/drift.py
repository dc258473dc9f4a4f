"""One interaction held against the provider's OpenAPI document."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seatrial.pacts.bodies import content_type_of, encoded, is_json
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.openapi.document import Document, Operation, Schema, json_schema_of
from seatrial.pacts.openapi.validator import Validator

_NEVER_DOCUMENTED = frozenset(("accept", "authorization", "content-type", "user-agent"))
"""Headers that OpenAPI itself leaves to other places."""
_REFUSING = frozenset((400, 413, 414, 415, 422))
"""Answers to a request that is wrong on purpose."""
_TRUE_FALSE = {"true": True, "false": False}


def drift(interaction: Interaction, document: Document, validator: Validator) -> Iterator[str]:
    """What the interaction asks for or expects, and the document doesn't say, a sentence each."""
    request = interaction.document["request"]
    response = interaction.document["response"]
    method, path = str(request.get("method", "GET")), str(request.get("path", "/"))
    operation = document.find(method, path)
    if operation is None:
        yield f"{method.upper()} {path} is no documented operation"
        return
    if response["status"] not in _REFUSING:
        yield from _of_parameters(request, path, operation, validator)
        yield from _of_request_body(request, operation, validator)
    documented = operation.answer(int(response["status"]))
    if documented is None:
        known = ", ".join(operation.statuses) or "none"
        yield f"status {response['status']} of {operation.name} is not documented (known: {known})"
        return
    yield from _of_response(response, documented[1], operation, validator)


def _of_parameters(
    request: Mapping[str, Any], path: str, operation: Operation, validator: Validator
) -> Iterator[str]:
    known = operation.parameters("path")
    for name, text in operation.path_values(path).items():
        yield from _of_value("path", name, text, known, validator)
    given = {name: list(values) for name, values in (request.get("query") or {}).items()}
    yield from _of_named("query", given, operation, validator)
    headers = {
        name.lower(): [values] if isinstance(values, str) else list(values)
        for name, values in (request.get("headers") or {}).items()
        if name.lower() not in _NEVER_DOCUMENTED
    }
    yield from _of_named("header", headers, operation, validator)


def _of_named(
    place: str, given: Mapping[str, Sequence[str]], operation: Operation, validator: Validator
) -> Iterator[str]:
    known = operation.parameters(place)
    for name, values in given.items():
        if name not in known:
            yield f"{place} parameter {name!r} of {operation.name} is not documented"
        elif len(values) == 1:
            yield from _of_value(place, name, values[0], known, validator)
    for name, parameter in known.items():
        if parameter.get("required") and name not in given:
            yield f"{place} parameter {name!r} of {operation.name} is required, and is not sent"


def _of_value(
    place: str, name: str, text: str, known: Mapping[str, Any], validator: Validator
) -> Iterator[str]:
    """A parameter travels as text: it is good if the text, or what it stands for, is."""
    schema = (known.get(name) or {}).get("schema")
    if not schema or text is None:
        return
    wrong: list[str] = []
    for value in (text, *_read(text), [text]):
        wrong = list(validator.differences(value, schema, partial=False))
        if not wrong:
            return
    first = next(validator.differences(text, schema, partial=False), wrong[0])
    yield f"{place} parameter {name!r} is {text!r}, which its schema refuses: {first}"


def _read(text: str) -> list[object]:
    if text in _TRUE_FALSE:
        return [_TRUE_FALSE[text]]
    try:
        return [int(text) if text.lstrip("-").isdigit() else float(text)]
    except ValueError:
        return []


def _of_request_body(
    request: Mapping[str, Any], operation: Operation, validator: Validator
) -> Iterator[str]:
    documented = operation.document.resolved(operation.raw.get("requestBody"))
    body = request.get("body")
    if not body:
        if documented.get("required"):
            yield f"{operation.name} requires a body, and none is sent"
        return
    if not documented:
        yield f"{operation.name} documents no body, and one is sent"
        return
    known, schema = json_schema_of(documented, content_type_of(body))
    if not known:
        yield f"a body of {content_type_of(body)} is not documented of {operation.name}"
    elif schema is not None:
        value = json.loads(encoded(body) or b"null")
        for wrong in validator.differences(value, schema, partial=False):
            yield f"the body that is sent: {wrong}"


def _of_response(
    response: Mapping[str, Any],
    documented: Mapping[str, Any],
    operation: Operation,
    validator: Validator,
) -> Iterator[str]:
    answer = f"{response['status']} of {operation.name}"
    known_headers = {str(name).lower() for name in documented.get("headers") or {}}
    for name in response.get("headers") or {}:
        if name.lower() not in known_headers | _NEVER_DOCUMENTED:
            yield f"header {name} of {answer} is not documented"
    body = response.get("body")
    if not body or not encoded(body):
        return
    kind = content_type_of(body)
    known, schema = json_schema_of(documented, kind)
    if not known:
        yield f"a body of {kind} is not documented of {answer}"
    elif schema is None and is_json(kind):
        yield f"the body of {answer} has no schema"
    elif schema is not None:
        value = json.loads(encoded(body))
        yield from _of_fields(value, schema, "$", answer, operation.document)
        for wrong in validator.differences(value, schema, partial=True):
            yield f"the body of {answer}: {wrong}"


def _of_fields(
    value: object, schema: Schema, path: str, answer: str, document: Document
) -> Iterator[str]:
    """Fields that the consumer reads and the schema doesn't name, or says nothing of."""
    if not document.is_typed(schema):
        yield f"{path} of {answer} has no type"
    elif isinstance(value, dict) and not document.is_map(schema):
        known = document.properties(schema)
        for name, inner in value.items():
            if name not in known:
                yield f"{path}.{name} is not in the schema of {answer}"
            else:
                yield from _of_fields(inner, known[name], f"{path}.{name}", answer, document)
    elif isinstance(value, list) and value:
        items = document.items(schema)
        if items is None:
            yield f"the items of {path} of {answer} have no type"
        else:
            yield from _of_fields(value[0], items, f"{path}[*]", answer, document)
