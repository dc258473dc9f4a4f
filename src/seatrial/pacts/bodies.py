"""Bodies as a pact of version 4 writes them down."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any


def media_type(content_type: str | None) -> str:
    """Type and subtype alone, in lower case; "" where none is said."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    """Say whether a body of this type is read as JSON."""
    kind = media_type(content_type)
    return kind == "application/json" or kind.endswith("+json")


def is_multipart(content_type: str | None) -> bool:
    """Say whether a body of this type is made of parts."""
    return media_type(content_type).startswith("multipart/")


def is_text(body: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def pointer(path: Iterable[object]) -> str:
    """Return a JSON pointer to a place."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in path)


def content_type_of(body: Mapping[str, Any]) -> str:
    """The content type of a body."""
    return str(body.get("contentType") or "application/json")


def encoded(body: Mapping[str, Any] | None) -> bytes:
    """The bytes of a body; none where there is no body."""
    if body is None:
        return b""
    content, how = body.get("content"), str(body.get("encoded") or "").lower()
    if how == "base64":
        return base64.b64decode(content or "")
    if isinstance(content, str) and (how == "json" or not is_json(content_type_of(body))):
        return content.encode()
    if content is None or content == "":
        return b""
    return json.dumps(content, ensure_ascii=False).encode()
