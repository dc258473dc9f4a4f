"""One interaction held against the provider's OpenAPI document."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seatrial.pacts.bodies import content_type_of, encoded, is_json
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.openapi.document import Document, Operation, json_schema_of
from seatrial.pacts.openapi.parameters import Parameter, cookies
from seatrial.pacts.openapi.schemas import Schema
from seatrial.pacts.openapi.validator import Validator

_NEVER_DOCUMENTED = frozenset(("accept", "authorization", "content-type", "cookie", "user-agent"))
"""Headers that OpenAPI itself leaves to other places."""
_REFUSING = frozenset((400, 413, 414, 415, 422))
"""Answers to a request that is wrong on purpose."""


def drift(interaction: Interaction, document: Document, validator: Validator) -> Iterator[str]:
    """Yield what the interaction asks for or expects and the document doesn't say, as sentences."""
    request = interaction.document["request"]
    response = interaction.document["response"]
    method, path = str(request.get("method", "GET")), str(request.get("path", "/"))
    operation = document.find(method, path)
    if operation is None:
        yield f"{method.upper()} {path} isn't a documented operation"
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
    headers = {
        name.lower(): [values] if isinstance(values, str) else list(values)
        for name, values in (request.get("headers") or {}).items()
    }
    given: dict[str, Mapping[str, Sequence[str]]] = {
        "path": {name: [text] for name, text in operation.path_values(path).items()},
        "query": {
            name: [text or "" for text in ([values] if isinstance(values, str) else values)]
            for name, values in (request.get("query") or {}).items()
        },
        "header": {k: v for k, v in headers.items() if k not in _NEVER_DOCUMENTED},
        "cookie": cookies("; ".join(headers.get("cookie", ()))),
    }
    for place, texts in given.items():
        yield from _of_place(place, texts, operation, validator)


def _of_place(
    place: str, given: Mapping[str, Sequence[str]], operation: Operation, validator: Validator
) -> Iterator[str]:
    known = [each for each in operation.parameters if each.place == place]
    for name in given:
        documented = any(each.takes(name) for each in known)
        if place != "path" and not documented and (place, name) not in operation.credentials:
            yield f"{place} parameter {name!r} of {operation.name} is not documented"
    for parameter in known:
        own = {name: texts for name, texts in given.items() if parameter.takes(name)}
        if own:
            yield from _of_value(parameter, own, validator)
        elif parameter.required:
            name = parameter.name
            yield f"{place} parameter {name!r} of {operation.name} is required, and is not sent"


def _of_value(
    parameter: Parameter, given: Mapping[str, Sequence[str]], validator: Validator
) -> Iterator[str]:
    """A parameter travels as text: it is good if something that it may stand for is."""
    first = ""
    for value in parameter.values(given):
        wrong = next(validator.differences(value, parameter.schema, partial=False), None)
        if wrong is None:
            return
        first = first or wrong
    texts = ", ".join(repr(text) for values in given.values() for text in values)
    yield (
        f"{parameter.place} parameter {parameter.name!r} is {texts}, which its schema refuses: "
        f"{first}"
    )


def _of_request_body(
    request: Mapping[str, Any], operation: Operation, validator: Validator
) -> Iterator[str]:
    documented = operation.document.schemas.resolved(operation.raw.get("requestBody"))
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
    if not document.schemas.is_typed(schema):
        yield f"{path} of {answer} has no type"
    elif isinstance(value, dict) and not document.schemas.is_map(schema):
        known = document.schemas.properties(schema)
        for name, inner in value.items():
            if name not in known:
                yield f"{path}.{name} is not in the schema of {answer}"
            else:
                yield from _of_fields(inner, known[name], f"{path}.{name}", answer, document)
    elif isinstance(value, list) and value:
        items = document.schemas.items(schema)
        if items is None:
            yield f"the items of {path} of {answer} have no type"
        else:
            yield from _of_fields(value[0], items, f"{path}[*]", answer, document)
