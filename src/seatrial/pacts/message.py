"""A message as a provider sent it, and the way that Pact writes its metadata."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

METADATA_HEADER = "pact-message-metadata"


@dataclass(frozen=True)
class Message:
    """A message as it was sent, byte for byte."""

    contents: bytes
    metadata: Mapping[str, object] = field(default_factory=dict)
    """What came with it, such as the channel."""
    content_type: str = "application/json"


def encode_metadata(metadata: Mapping[str, object]) -> str:
    """Metadata as Pact writes it into a header."""
    return base64.b64encode(json.dumps(metadata).encode()).decode()


def decode_metadata(header: str) -> Mapping[str, Any]:
    """Metadata as Pact writes it into a header; an absent one is none.

    Raises:
        ValueError: it isn't that.
    """
    value = json.loads(base64.b64decode(header, validate=True)) if header else {}
    if not isinstance(value, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004 - as the others that it raises
    return value
