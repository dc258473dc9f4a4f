"""Reading `seatrial.toml`: every error at once, each with its line and a mend."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from seatrial.config import CONFIG_NAME
from seatrial.config.model import Config
from seatrial.errors import UsageError


def load_config(path: Path) -> Config:
    """Read and check a configuration file.

    Raises:
        UsageError: it isn't there, isn't TOML, or says something impossible; one message has all
            errors, each with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"{path}: there is no such file; name one with --config, "
            f"or run in the folder that holds {CONFIG_NAME}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: can't be read: {error}") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        lines = [_sentence(path, text, dict(found)) for found in error.errors(include_url=False)]
        raise UsageError("\n".join(lines)) from None


def _sentence(path: Path, text: str, error: Mapping[str, Any]) -> str:
    place: tuple[str | int, ...] = error["loc"]
    name = ".".join(map(str, place)) or "the file"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = f"unknown key{_nearest(place)}"
    elif error["type"] == "missing":
        message = "missing; add it"
    line = line_of(text, place)
    if ": there is no " in message:  # it names its own place
        name, _, message = message.partition(": ")
        line = line_of(text, tuple(name.split(".")))
    return f"{path}:{line}: {name}: {message}"


def _nearest(place: Sequence[str | int]) -> str:
    """The known key that an unknown one was probably meant to be."""
    annotation: Any = Config
    for part in place[:-1]:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif (section := _section(annotation)) and str(part) in section.model_fields:
            annotation = section.model_fields[str(part)].annotation
        else:
            return ""
    section = _section(annotation)
    if section is None:
        return ""
    found = difflib.get_close_matches(str(place[-1]), section.model_fields, n=1)
    if found:
        return f"; did you mean {found[0]!r}?"
    return f"; known: {', '.join(section.model_fields)}"


def _section(annotation: Any) -> type[BaseModel] | None:
    """The section in an annotation such as `Retry` or `Retry | None`."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


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
