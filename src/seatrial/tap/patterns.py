"""Patterns of a plan, matched in a time that grows with the text: none stops the tap."""

import importlib
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any

from pydantic import AfterValidator, Field

_PLAIN = re.compile(r"[^\\.^$*+?{}\[\]|()]*")


def _load() -> Any:
    """Return RE2; None on the client's side without `seatrial[chaos]`: the tap checks again."""
    try:
        return importlib.import_module("re2")
    except ImportError:
        return None


_re2 = _load()


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> Callable[[str], object]:
    """Return what says whether all of a text is of a pattern.

    Raises:
        ValueError: it isn't a pattern of RE2.
    """
    if _PLAIN.fullmatch(pattern):
        return pattern.__eq__
    if _re2 is None:
        return _compiled_by_python(pattern).fullmatch
    options = _re2.Options()
    options.log_errors = False
    try:
        fullmatch: Callable[[str], object] = _re2.compile(pattern, options).fullmatch
    except _re2.error as error:
        reason = error.args[0]
        said = reason.decode() if isinstance(reason, bytes) else reason
        raise ValueError(
            f"{pattern!r} isn't a regular expression of RE2 (which has no look-around and no "
            f"back-references): {said}"
        ) from None
    return fullmatch


def _compiled_by_python(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} isn't a regular expression: {error}") from None


def _compiles(pattern: str) -> str:
    matcher(pattern)
    return pattern


Pattern = Annotated[str, Field(max_length=500), AfterValidator(_compiles)]
"""A regular expression of RE2 that must match all of the text."""
