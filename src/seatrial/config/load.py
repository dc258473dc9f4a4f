"""Reading `seatrial.toml`: every error at once, each with its line and its fix."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from seatrial.config import CONFIG_NAME
from seatrial.config.model import POST_OF_AN_EDGE, Config
from seatrial.config.names import cross_errors
from seatrial.config.section import NAME, overlaid, section_in
from seatrial.errors import UsageError

_WANTED = {
    r"^/": "begin with /",
    r"\{n\}": "hold {n}, a number that is new each time",
    NAME: "have small letters, digits and dashes alone",
    POST_OF_AN_EDGE: "be an edge and a POST, as in news: POST /subscriptions",
}
"""Patterns in words."""
_OF_A_UNION = re.compile(r"^(constrained-str|dict\[.*)$")
"""What Pydantic puts into a place for the types of a union."""
_SHOWN = 40
"""Characters of a wrong value that are shown."""


def load_config(path: Path, *, virtual: bool = False) -> Config:
    """Read and check a configuration file, and the one that it extends.

    Args:
        path: the file.
        virtual: as it holds in virtual time; else as it holds for processes and sockets.

    Raises:
        UsageError: it isn't there, isn't TOML, or says something impossible; one message has all
            errors, each with its line.
    """
    config = _checked(path, ())[0]
    return config.for_virtual_time() if virtual else config.for_wire()


def _checked(path: Path, extending: tuple[Path, ...]) -> tuple[Config, dict[str, Any]]:
    """The configuration and its data; the file that is extended is checked first, for itself."""
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    wrong: list[tuple[Sequence[str | int], str]] = []
    base = data.get("extend")
    if isinstance(base, str):
        if misplaced := _misplaced(path, base, extending):
            wrong.append((("extend",), misplaced))
        else:
            data = _merged(_checked(path.with_name(base), (*extending, path))[1], data)
    wrong += cross_errors(data)
    config = None
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        wrong += [
            (_as_written(each["loc"]), _message(dict(each)))
            for each in found
            if not _follows(dict(each), found)
        ]
    wrong += _wire_errors(config) if config is not None else ()
    if config is None or wrong:
        lines = {(line_of(text, place), _said(place, message)) for place, message in wrong}
        raise UsageError("\n".join(f"{path}:{line}: {said}" for line, said in sorted(lines)))
    return config, data


def _follows(error: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> bool:
    """Return True for a list that is too short only because its items are wrong."""
    place = error["loc"]
    return error["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in found
    )


def _as_written(place: Sequence[str | int]) -> Sequence[str | int]:
    place = ("edges", *place[1:]) if place[0] == "plain_edges" else place
    return tuple(part for part in place if not _OF_A_UNION.search(str(part)))


def _wire_errors(config: Config) -> Iterator[tuple[Sequence[str | int], str]]:
    """What doesn't fit in the policies of runs in real time."""
    for name, edge in config.all_edges.items():
        try:
            edge.policy.for_wire()
        except ValidationError as error:
            for each in error.errors(include_url=False):
                place = ("edges", name, "policy", "wire", *each["loc"])
                yield place, _message({**each, "loc": ("edges", name, "policy", *each["loc"])})


def _misplaced(path: Path, base: str, extending: tuple[Path, ...]) -> str:
    """Why a file can't be extended; "" if it can."""
    if Path(base).name != base:
        return f"is {base!r}; name a file in the same folder"
    if path.with_name(base) in (*extending, path):
        return f"is {base!r}, which extends this file; name another"
    if not path.with_name(base).is_file():
        return f"is {base!r}; there is no such file next to this one"
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"{path}: there is no such file; name one with --config, "
            f"or run in the folder that holds {CONFIG_NAME}"
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: isn't UTF-8 ({error.reason} at byte {error.start})") from None
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from None


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What `own` says, and for the rest `base`; a service that it names again is another one."""
    both = overlaid(base, own)
    services, others = own.get("services"), base.get("services")
    if isinstance(services, dict) and isinstance(others, dict):
        both["services"] = {**others, **services}
    return both


def _said(place: Sequence[str | int], message: str) -> str:
    return f"{'.'.join(map(str, place)) or 'the file'}: {message}"


def _message(error: Mapping[str, Any]) -> str:
    """Return what is wrong, and the fix."""
    kind, said = error["type"], error["msg"]
    if kind == "extra_forbidden":
        return f"unknown key{_nearest(error['loc'])}"
    if kind == "missing":
        return "missing; add it"
    if kind == "value_error":
        return str(said.removeprefix("Value error, "))
    given = error.get("input")
    shown = str(given).lower() if isinstance(given, bool) else repr(given)
    if kind == "tuple_type":
        must = "it must be a list, as in [" + (shown if isinstance(given, int) else '"…"') + "]"
    elif kind in ("dict_type", "model_type"):
        must = "it must be a table, as in { key = … }"
    elif kind == "string_pattern_mismatch" and (wanted := _WANTED.get(error["ctx"]["pattern"])):
        must = f"it must {wanted}"
    else:
        must = re.sub(r"^\w+ should (be|have|match) ", r"it must \1 ", said)
    return f"is {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}; {must}"


def _nearest(place: Sequence[str | int]) -> str:
    """The known key that an unknown one was probably meant to be."""
    annotation: Any = Config
    for part in place[:-1]:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif (section := section_in(annotation)) and str(part) in section.model_fields:
            annotation = section.model_fields[str(part)].annotation
        else:
            return ""
    section = section_in(annotation)
    if section is None:
        return ""
    found = difflib.get_close_matches(str(place[-1]), section.model_fields, n=1)
    if found:
        return f"; did you mean {found[0]!r}?"
    return f"; known: {', '.join(section.model_fields)}"


def line_of(text: str, place: Sequence[str | int]) -> int:
    """The line that a place stands on: its key, else the longest part of its path that is there.

    tomllib keeps no lines, so this looks for table headers and keys as they are commonly written.
    """
    best_line, best_depth = 1, 0
    table: tuple[str, ...] = ()
    wanted = tuple(map(str, place))
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+\s*([^\[\]]+?)\s*\]", line):
            table = _keys(header[1])
            found = table
        elif key := re.match(r"\s*([\w\"'. -]+?)\s*=", line):
            found = table + _keys(key[1])
        else:
            continue
        depth = len(found)
        if depth > best_depth and wanted[:depth] == found:
            best_line, best_depth = number, depth
    return best_line


def _keys(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
