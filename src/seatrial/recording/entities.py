"""One entity's id put in another's place, in an answer of the provider or of the consumer."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from seatrial.pacts import HttpAnswer

_SHORT = 3
"""An id of fewer characters is looked for as a whole value alone: "1" is in many texts."""
_ID_KEY = re.compile(r"(?:^|[a-z_-])(?:id|Id|ID)$")


def renamed(answer: HttpAnswer, old: str, new: str) -> HttpAnswer:
    """Return an answer that is about another entity."""
    if not old or old == new:
        return answer
    headers = tuple((name, _in_text(value, old, new)) for name, value in answer.headers)
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        text = answer.body.decode("utf-8", "surrogateescape")
        body = _in_text(text, old, new).encode("utf-8", "surrogateescape")
    else:
        after = in_value(document, old, new)
        same = after == document
        body = answer.body if same else json.dumps(after, ensure_ascii=False).encode()
    return replace(answer, headers=headers, body=body)


def in_value(value: Any, old: str, new: str, key: str = "") -> Any:
    """Return a JSON value with an id replaced: in texts, and as the number of a field "…id"."""
    if isinstance(value, str):
        return _in_text(value, old, new)
    if isinstance(value, dict):
        return {name: in_value(inner, old, new, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [in_value(inner, old, new, key) for inner in value]
    is_number = isinstance(value, int) and not isinstance(value, bool) and str(value) == old
    if is_number and _ID_KEY.search(key):
        return int(new) if new.isdecimal() else new
    return value


def _in_text(text: str, old: str, new: str) -> str:
    if text == old:
        return new
    if len(old) < _SHORT:
        return text
    return _finder(old)(text, new)


@lru_cache(maxsize=1024)
def _finder(old: str) -> Callable[[str, str], str]:
    forms = dict.fromkeys((old, quote(old, safe="")))
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, forms))})(?![\w-])")
    return lambda text, new: pattern.sub(lambda _: new, text)
