"""Reading `seatrial.toml`: every error at once, each with its line and a mend."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from seatrial.config.model import Config
from seatrial.errors import UsageError

CONFIG_NAME = "seatrial.toml"


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
    model: Any = Config
    for part in place[:-1]:
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue  # a name between a mapping and its values
        field = model.model_fields.get(str(part))
        if field is None:
            return ""
        model = _model_in(field.annotation)
    if model is None:
        return ""
    found = difflib.get_close_matches(str(place[-1]), model.model_fields, n=1)
    return f"; did you mean {found[0]!r}?" if found else f"; known: {', '.join(model.model_fields)}"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section inside an annotation such as `dict[Name, Service]` or `Retry | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    parts = getattr(annotation, "__args__", ())
    return next((model for part in parts if (model := _model_in(part))), None)


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
