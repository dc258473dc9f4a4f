"""Cases as the specification writes them: what is expected, what comes, and whether it matches."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.pacts.files import parse_pact
from seatrial.pacts.interactions import Interaction

_REQUEST = {"method": "GET", "path": "/"}
_VERSION = re.compile(r"version-(\d(?:\.\d)?)")


@dataclass(frozen=True)
class SpecCase:
    """One case."""

    path: Path
    version: str
    part: str
    """Request, response or message."""
    expected: Mapping[str, Any]
    actual: Mapping[str, Any]
    match: bool

    @property
    def name(self) -> str:
        """Version, part and file."""
        return f"{self.version} {self.part} {self.path.parent.name}/{self.path.stem}"

    def document(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """A pact of the case's version whose part is this."""
        return {
            "consumer": {"name": "consumer"},
            "provider": {"name": "provider"},
            "metadata": {"pactSpecification": {"version": f"{self.version}.0"}},
            **self._interactions(content),
        }

    def _interactions(self, content: Mapping[str, Any]) -> dict[str, Any]:
        new = self.version.startswith("4")
        if self.part == "message":
            fields = {
                {"metaData": "metadata"}.get(k, k) if new else k: v for k, v in content.items()
            }
            kind = {"type": "Asynchronous/Messages"} if new else {}
            entry = {"description": "it", **kind, **fields}
            return {"interactions" if new else "messages": [entry]}
        entry = {"description": "it", "request": _REQUEST, "response": {"status": 200}}
        if new:
            entry["type"] = "Synchronous/HTTP"
        entry[self.part] = {**entry[self.part], **content}
        return {"interactions": [entry]}

    def read(self, content: Mapping[str, Any]) -> Interaction:
        """The interaction that this is part of, as we read it.

        Raises:
            UsageError: it is refused.
        """
        (interaction,) = parse_pact(self.document(content), self.name).interactions
        return interaction


def cases_in(folder: Path) -> Iterator[SpecCase]:
    """Every case below a folder, in the order of their paths."""
    for path in sorted(folder.rglob("*.json")):
        version = _VERSION.search(str(path))
        part = next((p for p in ("request", "response", "message") if p in path.parts), None)
        if version is None or part is None:
            continue
        raw = json.loads(path.read_bytes())
        if {"expected", "actual", "match"} <= raw.keys():
            yield SpecCase(
                path,
                version[1],
                part,
                _unfolded(raw["expected"]),
                _unfolded(raw["actual"]),
                bool(raw["match"]),
            )


def _unfolded(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without headers over several lines, which can't be sent any more."""
    headers = content.get("headers")
    if not isinstance(headers, dict):
        return content
    plain = {
        name: re.sub(r"\s*\n\s*", " ", value) if isinstance(value, str) else value
        for name, value in headers.items()
    }
    return {**content, "headers": plain}
