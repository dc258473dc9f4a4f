"""What stands in a declared request's texts for an entity, and for something new each time."""

import itertools
import os
from typing import Any

_numbers = itertools.count(1)


def new_number() -> str:
    """A number that no request had before; the process id keeps two runs on one provider apart."""
    return f"{os.getpid()}{next(_numbers):06d}"


def filled(value: Any, entity: str, number: str) -> Any:
    """A value with {id} and {n} replaced in all its texts."""
    if isinstance(value, str):
        return value.replace("{id}", entity).replace("{n}", number)
    if isinstance(value, dict):
        return {key: filled(inner, entity, number) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, entity, number) for inner in value]
    return value
