"""What a provider answers or sends, whole: what is mutated, and what both judges are given."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seatrial.pacts.files import Interaction


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a provider, or one message."""

    body: bytes
    status: int | None = None
    """None for a message, which has none."""
    headers: tuple[tuple[str, str], ...] = ()
    """In order, as they came; a message has none."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """A message's own; an answer has none."""

    def header(self, name: str) -> str | None:
        """The values of a header, joined; None where there is none."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None


def example(interaction: Interaction) -> Answer:
    """The answer or the message that stands in the pact itself."""
    document = interaction.document
    if "response" not in document:
        return Answer(_body(document.get("contents")), metadata=document.get("metadata") or {})
    response = document["response"] or {}
    headers = tuple(
        (name, value)
        for name, values in (response.get("headers") or {}).items()
        for value in ([values] if isinstance(values, str) else values)
    )
    return Answer(_body(response.get("body")), int(response.get("status", 200)), headers)


def media_type(content_type: str | None) -> str:
    """Type and subtype alone, in lower case; "" where none is said."""
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(content_type: str | None) -> bool:
    """Whether a body of this type is read as JSON."""
    kind = media_type(content_type)
    return kind == "application/json" or kind.endswith("+json")


def content_type_of(body: Mapping[str, Any]) -> str:
    """The content type of a body as a pact of version 4 writes it down."""
    return str(body.get("contentType") or "application/json")


def _body(body: Mapping[str, Any] | None) -> bytes:
    return b"" if body is None else encoded(body)


def encoded(body: Mapping[str, Any]) -> bytes:
    """The bytes of a body as a pact of version 4 writes it down."""
    content, how = body.get("content"), str(body.get("encoded") or "").lower()
    if how == "base64":
        return base64.b64decode(content or "")
    if isinstance(content, str) and (how == "json" or not is_json(content_type_of(body))):
        return content.encode()
    if content is None or content == "":
        return b""
    return json.dumps(content, ensure_ascii=False).encode()
