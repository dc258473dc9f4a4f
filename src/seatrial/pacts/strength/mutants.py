"""Mutants: an answer changed in one place, as a provider's change might.

A mutant of *value* is another value of the same kind (an empty text, a number at an edge): whoever
reads it may make something else of the answer. Every other one takes away or bends what was there.
"""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from seatrial.pacts.answers import UNKNOWN, Answer
from seatrial.pacts.bodies import is_json

A = TypeVar("A", bound=Answer)
Place = tuple[str | int, ...]

_BEYOND_64_BITS = 2**64
_OTHERS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("text", lambda value: value if isinstance(value, str) else json.dumps(value)),
    ("number", lambda _: 7),
    ("boolean", lambda _: True),
    ("list", lambda value: [value]),
    ("object", lambda value: {"value": value}),
)


@dataclass(frozen=True, slots=True)
class Mutant(Generic[A]):
    """One changed answer."""

    name: str
    """The change and its place: "drop $.role"; the same for the same change of another answer."""
    answer: A
    path: Place | None = None
    """Where in the body; None where it is not a field of it."""
    of_value: bool = False
    """True where it is another value of the same kind."""


def mutants(answer: A) -> Iterator[Mutant[A]]:
    """Every mutant of an answer, always in the same order."""
    kind = answer.content_type
    for name, changed in answer.mutated_heads():
        yield Mutant(name, changed)
    if not answer.body:
        if answer.may_have_a_body:
            yield Mutant("add a body", replace(answer, body=b'{"unexpected": true}'))
        return
    yield Mutant("drop the body", replace(answer, body=b""))
    yield Mutant("cut the body in half", replace(answer, body=answer.body[: len(answer.body) // 2]))
    document = _document(answer.body) if kind is None or is_json(kind) else None
    if document is not None:
        yield from _of_document(answer, document[0])


def _document(body: bytes) -> tuple[Any] | None:
    try:
        return (json.loads(body),)
    except ValueError:
        return None


def _of_document(answer: A, document: Any) -> Iterator[Mutant[A]]:
    def mutant(name: str, path: Place, value: Any, *, of_value: bool = False) -> Mutant[A]:
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
    """Yield other values for a place: the name, the value, and True if it is of the same kind."""
    kind = _kind(value)
    if value is not None:
        yield "null", None, False
    for name, other in _OTHERS:
        if name != kind:
            yield name, other(value), False
    if kind == "text":
        yield "empty", "", True
        yield "unknown", UNKNOWN, True
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
