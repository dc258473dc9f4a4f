"""The reverse: what a provider documents and no consumer needs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.pacts.bodies import encoded
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.openapi.document import Document, Operation, json_schema_of
from seatrial.pacts.openapi.schemas import Schema

_DEPTH = 6
"""Fields of fields are looked at so deep."""


@dataclass(frozen=True)
class Usage:
    """The part of a document that consumers need, and the part that they don't."""

    operations: int
    operations_needed: int
    statuses: int
    """Of the operations that are needed."""
    statuses_needed: int
    fields: int
    """Of the good answers that are needed."""
    fields_needed: int
    unneeded: tuple[str, ...]
    """The parts that nobody needs, a line each."""


def need(interactions: Iterable[Interaction], document: Document) -> Usage:
    """Hold all interactions of a provider against its document."""
    asked: dict[str, tuple[Operation, dict[str, set[str]]]] = {}
    for interaction in interactions:
        request, response = interaction.document["request"], interaction.document["response"]
        path = str(request.get("path", "/"))
        operation = document.find(str(request.get("method", "GET")), path)
        documented = operation.answer(int(response["status"])) if operation else None
        if operation and documented:
            _, answers = asked.setdefault(operation.name, (operation, {}))
            answers.setdefault(documented[0], set()).update(_named(response))
    lines = [f"{one.name}" for one in document.operations if one.name not in asked]
    statuses, fields, fields_needed = 0, 0, 0
    for operation, answers in asked.values():
        statuses += len(operation.statuses)
        lines += [f"{operation.name}: {key}" for key in operation.statuses if key not in answers]
        for key, named in answers.items():
            if not key.startswith("2"):
                continue  # what is told of an error is for people
            known = set(_documented(operation.statuses[key], document))
            fields += len(known)
            fields_needed += len(known & named)
            lines += [f"{operation.name}: {key}: {field}" for field in sorted(known - named)]
    return Usage(
        operations=len(document.operations),
        operations_needed=len(asked),
        statuses=statuses,
        statuses_needed=sum(len(answers) for _, answers in asked.values()),
        fields=fields,
        fields_needed=fields_needed,
        unneeded=tuple(lines),
    )


def _named(response: Mapping[str, Any]) -> Iterator[str]:
    body = response.get("body")
    if body:
        try:
            yield from _fields(json.loads(encoded(body) or b"null"), "$")
        except ValueError:
            return  # a body that is no JSON has no fields


def _fields(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}.{name}"
            yield from _fields(inner, f"{path}.{name}")
    elif isinstance(value, list) and value:
        yield from _fields(value[0], f"{path}[*]")


def _documented(answer: Mapping[str, Any], document: Document) -> Iterator[str]:
    for kind in answer.get("content") or {}:
        _, schema = json_schema_of(answer, kind)
        if schema is not None:
            yield from _within(schema, "$", document, 0)


def _within(schema: Schema, path: str, document: Document, depth: int) -> Iterator[str]:
    if depth > _DEPTH:
        return
    items = document.schemas.items(schema)
    if items is not None:
        yield from _within(items, f"{path}[*]", document, depth + 1)
    for name, inner in document.schemas.properties(schema).items():
        yield f"{path}.{name}"
        yield from _within(inner, f"{path}.{name}", document, depth + 1)
