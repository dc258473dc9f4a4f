"""Pages: `limit` and an opaque `cursor` in, `Link: <…>; rel="next"` out."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from stubs.web.problems import FieldError, Problem

DEFAULT_LIMIT = 20
MOST = 100
_LARGEST = 2**63 - 1

PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "limit",
        "in": "query",
        "description": f"How many at most; {DEFAULT_LIMIT} unless given.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
    },
    {
        "name": "cursor",
        "in": "query",
        "description": "Opaque; from the `Link` of the page before.",
        "schema": {"type": "string"},
    },
]
"""The OpenAPI document's parameters."""


@dataclass(frozen=True)
class Page:
    """The part of a list, newest first, that is asked for.

    Attributes:
        limit: entries at most.
        before: the number of the last entry of the page before; None: the first page.
    """

    limit: int = DEFAULT_LIMIT
    before: int | None = None


def read_page(query: Mapping[str, str]) -> Page:
    """The page that a query asks for.

    Raises:
        Problem: 422 for a limit or cursor that can't be.
    """
    limit = query.get("limit", str(DEFAULT_LIMIT))
    # Short, before it is made a number: a long one takes its time.
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3 and 1 <= int(limit) <= MOST):
        raise _invalid("limit", f"It should be a whole number from 1 to {MOST}.")
    cursor = query.get("cursor")
    return Page(int(limit), None if cursor is None else _position(cursor))


def next_link(path: str, query: Mapping[str, str | int], following: int | None) -> dict[str, str]:
    """The header for the page after this one; none after the last.

    Args:
        path: of the list.
        query: what the next page is asked with besides its cursor.
        following: the number of this page's last entry, if another comes after it.
    """
    if following is None:
        return {}
    cursor = base64.urlsafe_b64encode(str(following).encode()).decode().rstrip("=")
    return {"link": f'<{path}?{urlencode({**query, "cursor": cursor})}>; rel="next"'}


def _position(cursor: str) -> int:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        text = b""
    if not (text.isdigit() and len(text) <= 19 and 1 <= int(text) <= _LARGEST):
        raise _invalid("cursor", "It isn't a cursor; take it from the `Link` of the page before.")
    return int(text)


def _invalid(field: str, message: str) -> Problem:
    return Problem(
        422,
        f"These fields are not valid: {field}.",
        errors=[FieldError(field=field, message=message)],
    )
