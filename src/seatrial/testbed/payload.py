"""What stands in a declared request's texts for an entity, and for something new each time."""

import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from seatrial.errors import UsageError

_VARIABLE = re.compile(r"\{env\.(\w+)\}")
_numbers = itertools.count(1)
_source: ContextVar[Callable[[], str] | None] = ContextVar("numbers", default=None)


def new_number() -> str:
    """A number that no request had before; the process id keeps two runs on one provider apart."""
    source = _source.get()
    return source() if source else f"{os.getpid()}{next(_numbers):06d}"


@contextmanager
def numbered_by(source: Callable[[], str]) -> Iterator[None]:
    """Take new numbers from a source for the time of a block, as a run that is repeated needs."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)


def filled(value: Any, entity: str, number: str) -> Any:
    """A value with {id} and {n} replaced in all its texts."""
    if isinstance(value, str):
        return value.replace("{id}", entity).replace("{n}", number)
    if isinstance(value, dict):
        return {key: filled(inner, entity, number) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, entity, number) for inner in value]
    return value


def header_values(
    headers: Mapping[str, str], place: str, environ: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return declared headers with {env.NAME} replaced by variables of the environment.

    Raises:
        UsageError: the environment has no such variable.
    """

    def value(name: str, text: str) -> str:
        for variable in _VARIABLE.findall(text):
            if variable not in environ:
                raise UsageError(f"{place}.{name}: the environment has no {variable}; set it")
            text = text.replace(f"{{env.{variable}}}", environ[variable])
        return text

    return {name: value(name, text) for name, text in headers.items()}
