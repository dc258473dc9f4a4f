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
    """The interactions of a pact, in its order.

    Raises:
        RuntimeError: the core can't read one; it doesn't say why.
    """
    return [
        _upgraded(document, name, entry)
        for name in ("interactions", "messages")
        for entry in document.get(name) or ()
    ]


def _upgraded(document: Mapping[str, Any], name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """One interaction alone: of several, the core would change the order."""
    rest = {k: v for k, v in document.items() if k not in ("interactions", "messages")}
    with tempfile.TemporaryDirectory(dir=folder(), prefix="upgrade-") as place:
        file = Path(place) / "consumer-provider.json"
        file.write_text(json.dumps({**rest, **_NAMES, name: [entry]}), encoding="utf-8")
        pact = pact_ffi.new_pact("consumer", "provider")
        pact_ffi.with_specification(pact, pact_ffi.PactSpecification.V4)
        pact_ffi.pact_handle_write_file(pact, place, overwrite=False)
        read: list[dict[str, Any]] = json.loads(file.read_bytes())["interactions"]
    if len(read) != 1:
        raise RuntimeError("the core left it out")
    (interaction,) = read
    for part in ("request", "response"):
        if isinstance(interaction.get(part), dict):
            _restore_content_type(interaction[part])
            _restore_null(entry.get(part) or {}, interaction[part], "body")
    _restore_null(entry, interaction, "contents")
    return interaction


def _restore_null(raw: Mapping[str, Any], read: dict[str, Any], name: str) -> None:
    """Keep a body that is null, which is empty: the core drops it, and then any body would do."""
    body = raw.get(name, "")
    null = body is None or (isinstance(body, dict) and body.get("content", "") is None)
    if null and name not in read:
        read[name] = {"content": None}


def _restore_content_type(part: dict[str, Any]) -> None:
    """Give a body of an old version the type in its header: the core writes it as bytes of any."""
    body = part.get("body")
    if not isinstance(body, dict) or body.get("contentType") != "*/*":
        return
    headers = {name.lower(): values for name, values in (part.get("headers") or {}).items()}
    if body.get("encoded") != "base64":
        return
    # Only a body that is JSON in the file comes so; the core itself finds that out.
    kind = ", ".join(headers.get("content-type") or ()) or "application/json"
    body["contentType"] = kind
    contents = base64.b64decode(body["content"])
    try:
        text = contents.decode()
        body["content"] = json.loads(text) if is_json(kind) else text
        body["encoded"] = False
    except ValueError:
        return  # bytes, which base64 is right for
