"""Mutants: an answer changed in one place, as a provider's change might.

A mutant of *value* is another value of the same kind (an empty text, a number at an edge): whoever
reads it may make something else of the answer. Every other one takes away or bends what was there.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from seatrial.pacts.strength.answers import Answer, is_json

Place = tuple[str | int, ...]

_STATUSES = (200, 201, 202, 204, 301, 400, 404, 409, 422, 429, 500, 503)
_BODILESS = (204, 304)
_OF_THE_WIRE = frozenset(
    (
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
    )
)
"""Headers that are no part of what the provider means."""
_UNKNOWN = "no-such-value"
_BEYOND_64_BITS = 2**64
_OTHERS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("text", lambda value: value if isinstance(value, str) else json.dumps(value)),
    ("number", lambda _: 7),
    ("boolean", lambda _: True),
    ("list", lambda value: [value]),
    ("object", lambda value: {"value": value}),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed answer."""

    name: str
    """What was done and where: "drop $.role"; the same for the same change of another answer."""
    answer: Answer
    path: Place | None = None
    """Where in the body; None where it is not a field of it."""
    of_value: bool = False
    """Whether it is another value of the same kind."""


def mutants(answer: Answer) -> Iterator[Mutant]:
    """Every mutant of an answer, always in the same order."""
    kind = answer.header("content-type")
    if answer.status is None:
        yield from _of_metadata(answer)
    else:
        yield from _of_status(answer)
        yield from _of_headers(answer)
    if not answer.body:
        if answer.status not in _BODILESS:
            yield Mutant("add a body", replace(answer, body=b'{"unexpected": true}'))
        return
    yield Mutant("drop the body", replace(answer, body=b""))
    yield Mutant("cut the body in half", replace(answer, body=answer.body[: len(answer.body) // 2]))
    document = _document(answer.body) if kind is None or is_json(kind) else None
    if document is not None:
        yield from _of_document(answer, document[0])


def _of_status(answer: Answer) -> Iterator[Mutant]:
    for status in _STATUSES:
        if status != answer.status:
            body = b"" if status in _BODILESS else answer.body
            yield Mutant(f"status {status}", replace(answer, status=status, body=body))


def _of_headers(answer: Answer) -> Iterator[Mutant]:
    names = dict.fromkeys(name.lower() for name, _ in answer.headers)
    for name in names:
        if name in _OF_THE_WIRE:
            continue
        rest = tuple(pair for pair in answer.headers if pair[0].lower() != name)
        yield Mutant(f"drop header {name}", replace(answer, headers=rest))
        if name == "content-type":
            for other in ("text/html", f"{answer.header(name)}; charset=utf-8"):
                changed = (*rest, (name, other))
                yield Mutant(f"header {name}: {other}", replace(answer, headers=changed))
        else:
            changed = (*rest, (name, _UNKNOWN))
            yield Mutant(f"header {name}: {_UNKNOWN}", replace(answer, headers=changed))
    more = (*answer.headers, ("x-not-known", "1"))
    yield Mutant("add header x-not-known", replace(answer, headers=more))


def _of_metadata(answer: Answer) -> Iterator[Mutant]:
    for name in answer.metadata:
        rest = {key: value for key, value in answer.metadata.items() if key != name}
        yield Mutant(f"drop metadata {name}", replace(answer, metadata=rest))
        other = {**rest, name: _UNKNOWN}
        yield Mutant(f"metadata {name}: {_UNKNOWN}", replace(answer, metadata=other))


def _document(body: bytes) -> tuple[Any] | None:
    try:
        return (json.loads(body),)
    except ValueError:
        return None


def _of_document(answer: Answer, document: Any) -> Iterator[Mutant]:
    def mutant(name: str, path: Place, value: Any, *, of_value: bool = False) -> Mutant:
        text = json.dumps(value, ensure_ascii=False)
        named = f"{name} {shown(path)}"
        return Mutant(named, replace(answer, body=text.encode()), path, of_value)

    yield mutant("wrap", (), {"data": document})
    for path, value in _places(document):
        for name, other, of_value in _of(value):
            if other != value or type(other) is not type(value):
                yield mutant(name, path, _put(document, path, other), of_value=of_value)
        if path:
            yield mutant("drop", path, _without(document, path))
            if isinstance(path[-1], str):
                renamed = _put(_without(document, path), (*path[:-1], f"{path[-1]}2"), value)
                yield mutant("rename", path, renamed)


def _places(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every field; of a list the first item and the last."""
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, (*path, key))
    elif isinstance(value, list):
        for index in dict.fromkeys((0, len(value) - 1)) if value else ():
            yield from _places(value[index], (*path, index))


def _of(value: Any) -> Iterator[tuple[str, Any, bool]]:
    """What may stand in a value's place: its name, and whether it is of the same kind."""
    kind = _kind(value)
    if value is not None:
        yield "null", None, False
    for name, other in _OTHERS:
        if name != kind:
            yield name, other(value), False
    if kind == "text":
        yield "empty", "", True
        yield "unknown", _UNKNOWN, True
    elif kind == "number":
        for name, edge in (("zero", 0), ("negative", -1), ("beyond 64 bits", _BEYOND_64_BITS)):
            yield name, edge, True
        yield "fraction", value + 0.5, True
    elif kind == "boolean":
        yield "opposite", not value, True
    elif kind == "list":
        yield "empty", [], True
        if value:
            yield "longer", [*value, value[-1]], True
    elif kind == "object":
        yield "empty", {}, False
        yield "add a field to", {**value, "notKnown": {"at": [1]}}, False


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "text", int: "number", float: "number", list: "list", dict: "object"}
    return names[type(value)]


def _put(document: Any, path: Place, value: Any) -> Any:
    """The document with another value at a place; copies only what lies on the way to it."""
    if not path:
        return value
    copied = copy.copy(document)
    if isinstance(path[0], str) and path[0] not in copied:
        copied[path[0]] = value
    else:
        copied[path[0]] = _put(copied[path[0]], path[1:], value)
    return copied


def _without(document: Any, path: Place) -> Any:
    copied = copy.copy(document)
    if len(path) == 1:
        del copied[path[0]]
    else:
        copied[path[0]] = _without(copied[path[0]], path[1:])
    return copied


def shown(path: Place) -> str:
    """A place as it is written in a mutant's name."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
