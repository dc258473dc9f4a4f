"""An answer or a message of a provider, whole: what is mutated, and what both judges are given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

_STATUSES = (200, 201, 202, 204, 301, 400, 404, 409, 422, 429, 500, 503)
BODILESS = (204, 304)
"""Statuses whose answers have no body."""
_OF_THE_WIRE = frozenset(
    (
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
    )
)
"""Headers that say nothing of what the provider means."""
UNKNOWN = "no-such-value"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of whatever kind."""

    body: bytes

    @property
    def content_type(self) -> str | None:
        """The type that it says its body is of."""
        return None

    @property
    def may_have_a_body(self) -> bool:
        """False where a body would be against the protocol."""
        return True

    def mutated_heads(self) -> Iterator[tuple[str, Self]]:
        """Every change of what comes with the body, by name."""
        yield from ()


@dataclass(frozen=True, slots=True)
class HttpAnswer(Answer):
    """An answer to a request."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    """In order, as they came."""

    def header(self, name: str) -> str | None:
        """The values of a header, joined; None where there is none."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(found) if found else None

    @property
    def content_type(self) -> str | None:
        """The type in its header."""
        return self.header("content-type")

    @property
    def may_have_a_body(self) -> bool:
        """False for a status that has none."""
        return self.status not in BODILESS

    def mutated_heads(self) -> Iterator[tuple[str, Self]]:
        """Other statuses; headers that are gone, changed and added."""
        for status in _STATUSES:
            if status != self.status:
                body = b"" if status in BODILESS else self.body
                yield f"status {status}", replace(self, status=status, body=body)
        for name in dict.fromkeys(name.lower() for name, _ in self.headers):
            if name not in _OF_THE_WIRE:
                yield from self._without_and_changed(name)
        more = (*self.headers, ("x-not-known", "1"))
        yield "add header x-not-known", replace(self, headers=more)

    def _without_and_changed(self, name: str) -> Iterator[tuple[str, Self]]:
        rest = tuple(pair for pair in self.headers if pair[0].lower() != name)
        yield f"drop header {name}", replace(self, headers=rest)
        others = [UNKNOWN]
        if name == "content-type":
            others = ["text/html", f"{self.header(name)}; charset=utf-8"]
        for other in others:
            yield f"header {name}: {other}", replace(self, headers=(*rest, (name, other)))


@dataclass(frozen=True, slots=True)
class MessageAnswer(Answer):
    """A message that was sent."""

    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content_type(self) -> str | None:
        """The type in its metadata."""
        kind = self.metadata.get("contentType")
        return kind if isinstance(kind, str) else None

    def mutated_heads(self) -> Iterator[tuple[str, Self]]:
        """Metadata that is gone and changed."""
        for name in self.metadata:
            rest = {key: value for key, value in self.metadata.items() if key != name}
            yield f"drop metadata {name}", replace(self, metadata=rest)
            yield f"metadata {name}: {UNKNOWN}", replace(self, metadata={**rest, name: UNKNOWN})
