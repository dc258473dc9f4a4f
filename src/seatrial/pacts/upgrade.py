"""A pact of any version as Pact's own core reads it, written as version 4.

The core has no call that gives a pact it has read back. But it merges what it writes into a file
that exists, and in doing so reads that file whatever its version, and writes version 4.
"""

import base64
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seatrial.pacts.bodies import is_json
from seatrial.pacts.library import pact_ffi
from seatrial.pacts.scratch import folder

_NAMES = {"consumer": {"name": "consumer"}, "provider": {"name": "provider"}}


def upgraded(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The interactions of a pact.

    Raises:
        RuntimeError: the core can't read it; it doesn't say why.
    """
    with tempfile.TemporaryDirectory(dir=folder(), prefix="upgrade-") as place:
        file = Path(place) / "consumer-provider.json"
        file.write_text(json.dumps({**document, **_NAMES}), encoding="utf-8")
        pact = pact_ffi.new_pact("consumer", "provider")
        pact_ffi.with_specification(pact, pact_ffi.PactSpecification.V4)
        pact_ffi.pact_handle_write_file(pact, place, overwrite=False)
        interactions: list[dict[str, Any]] = json.loads(file.read_bytes())["interactions"]
    for interaction in interactions:
        for part in (interaction.get("request"), interaction.get("response")):
            if isinstance(part, dict):
                _restore_content_type(part)
    return interactions


def _restore_content_type(part: dict[str, Any]) -> None:
    """Give a body of an old version the type in its header: the core writes it as bytes of any."""
    body = part.get("body")
    if not isinstance(body, dict) or body.get("contentType") != "*/*":
        return
    headers = {name.lower(): values for name, values in (part.get("headers") or {}).items()}
    kind = ", ".join(headers.get("content-type") or ())
    if not kind or body.get("encoded") != "base64":
        return
    body["contentType"] = kind
    contents = base64.b64decode(body["content"])
    try:
        text = contents.decode()
        body["content"] = json.loads(text) if is_json(kind) else text
        body["encoded"] = False
    except ValueError:
        return  # bytes, which base64 is right for
