"""JSON as Go reads and writes it: what Toxiproxy's clients send, and what they get back.

Keys match regardless of case; unknown keys and whatever follows the value are ignored; of
duplicates the last wins, objects merge; null means absent. Numbers keep their text: 1.0
isn't an integer to Go.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.faults.engine.gocompat import gosyntax

MAX_DEPTH_ERROR = "exceeded max depth"
_INT64 = range(-(2**63), 2**63)
_FLOAT32_MAX = 3.4028235677973366e38
"""Half a step above the largest float32: what rounds to infinity begins here."""


class BadBodyError(ValueError):
    """The body can't be read; the message is what Go's decoder says."""


class Number(str):
    """A number's text."""

    __slots__ = ()


class Object(tuple[tuple[str, Any], ...]):
    """An object's pairs in order, duplicates kept."""

    __slots__ = ()


@dataclass(frozen=True)
class Field:
    """One key that is understood."""

    name: str
    go_type: str
    """"string", "bool", "int", "int64", "float32", "float64" or a struct's name."""
    prefix: str = ""
    """Stands before the name in messages: the embedded struct that the field comes from."""


@dataclass(frozen=True)
class Struct:
    """The Go type that a body is read into: its fields, and how messages call it."""

    type_name: str
    """In "of type …" when the value as a whole doesn't fit."""
    fields: tuple[Field, ...]
    path: str = ""
    """In "Go struct field …", before the field's own name."""


def _refuse_constant(text: str) -> None:
    raise ValueError(text)  # Python's NaN and Infinity are not JSON


_DECODER = json.JSONDecoder(
    object_pairs_hook=Object,
    parse_float=Number,
    parse_int=Number,
    parse_constant=_refuse_constant,
)


def decode(body: bytes) -> Any:
    """Return the first JSON value of a body.

    Raises:
        BadBodyError: there is none.
    """
    text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
    try:
        value, _ = _DECODER.raw_decode(text)
    except RecursionError:
        raise BadBodyError(MAX_DEPTH_ERROR) from None
    except ValueError:
        value = None
    else:
        if not isinstance(value, Number):
            return value
    # Only Go's scanner knows what Go says; a bare number is scanned as well, for Python takes
    # "1." for a 1 with something behind it.
    try:
        gosyntax.check(body)
    except gosyntax.GoSyntaxError as error:
        raise BadBodyError(str(error)) from None
    if value is None:
        raise BadBodyError("invalid JSON")
    return value


def read(value: Any, target: Struct) -> dict[str, Any]:
    """Return the known fields of an object by their names, without null and missing ones.

    Raises:
        BadBodyError: a value has the wrong type.
    """
    if value is None:
        return {}
    if not isinstance(value, Object):
        raise BadBodyError(mismatch(value, f"Go value of type {target.type_name}"))
    found: dict[str, Any] = {}
    for key, item in value:
        field = _match(key, target.fields)
        if field is not None and item is not None:
            where = (
                f"Go struct field {target.path}.{field.prefix}{field.name} of type {field.go_type}"
            )
            value = _convert(item, field.go_type, where)
            if isinstance(value, Object):  # duplicates merge
                value = Object(found.get(field.name, ()) + value)
            found[field.name] = value
    return found


def _match(key: str, fields: tuple[Field, ...]) -> Field | None:
    folded = key.casefold()
    return next((field for field in fields if field.name.casefold() == folded), None)


def _convert(item: Any, go_type: str, where: str) -> Any:
    if go_type == "string" and isinstance(item, str) and not isinstance(item, Number):
        return item.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if go_type == "bool" and isinstance(item, bool):
        return item
    if go_type in ("int", "int64") and isinstance(item, Number):
        return _integer(item, where)
    if go_type in ("float32", "float64") and isinstance(item, Number):
        return _float(item, go_type, where)
    if isinstance(item, Object) and go_type not in ("string", "bool", "int", "int64", "float32"):
        return item
    raise BadBodyError(mismatch(item, where))


def _integer(item: Number, where: str) -> int:
    digits = item.removeprefix("-")
    if len(digits) > 20 or not digits.isdecimal() or int(item) not in _INT64:
        raise BadBodyError(f"json: cannot unmarshal number {item!s} into {where}")
    return int(item)


def _float(item: Number, go_type: str, where: str) -> float:
    number = float(item)
    if abs(number) >= (_FLOAT32_MAX if go_type == "float32" else float("inf")):
        raise BadBodyError(f"json: cannot unmarshal number {item!s} into {where}")
    return number


def mismatch(item: Any, where: str) -> str:
    """Return Go's words for a value of the wrong type."""
    return f"json: cannot unmarshal {_kind(item)} into {where}"


def _kind(item: Any) -> str:
    kinds: Mapping[type, str] = {
        Number: "number",
        str: "string",
        bool: "bool",
        Object: "object",
        list: "array",
    }
    return kinds[type(item)]


def shortest_float32(number: float) -> float:
    """Return the number with the fewest digits that is the same float32, as Go prints it."""
    wanted = struct.pack("f", number)
    (exact,) = struct.unpack("f", wanted)
    for digits in range(1, 10):
        short = float(f"{exact:.{digits}g}")
        if abs(short) < _FLOAT32_MAX and struct.pack("f", short) == wanted:
            return short
    return number


def encode(value: Any) -> bytes:
    """Return compact JSON with Go's escapes, whole floats without a fraction."""
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
