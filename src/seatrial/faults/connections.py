"""The connections that reached a proxy, as far as they are known."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ConnectionRecord:
    """One connection; None is what the engine doesn't say. Times are monotonic seconds."""

    client: str
    """host:port that it came from."""
    connected: bool
    """True if the upstream was reached."""
    accepted_s: float | None = None
    closed_s: float | None = None
    end: str | None = None
    """Who ended it: "client", "upstream", "toxic", "reset", "refused", "loop" or "stopped"."""
    request_bytes: int | None = None
    """The bytes that came from the client."""
    answer_bytes: int | None = None
    """The bytes that were sent to the client."""
    toxics: tuple[str, ...] | None = None
    """The names of those that worked on it."""


def from_journal(entries: Iterable[dict[str, Any]]) -> tuple[ConnectionRecord, ...]:
    """Read the embedded engine's journal."""
    return tuple(
        ConnectionRecord(
            client=entry["client"],
            connected=entry["connected_s"] is not None,
            accepted_s=entry["accepted_s"],
            closed_s=entry["closed_s"],
            end=entry["end"],
            request_bytes=entry["upstream"]["received"],
            answer_bytes=entry["downstream"]["sent"],
            toxics=tuple(hit["name"] for hit in entry["toxics"]),
        )
        for entry in entries
    )


def from_log(lines: Iterable[str], proxy: str) -> tuple[ConnectionRecord, ...]:
    """Read what the real server prints of one proxy; its clock only knows whole seconds."""
    found: list[ConnectionRecord] = []
    latest: dict[str, int] = {}  # a client's port may be used again
    for line in lines:
        event = _event(line)
        client = event.get("client")
        if event.get("name") != proxy or not isinstance(client, str):
            continue
        if event.get("message") == "Accepted client":
            latest[client] = len(found)
            found.append(ConnectionRecord(client, connected=True))
        elif event.get("message") == "Unable to open connection to upstream":
            found[latest[client]] = ConnectionRecord(client, connected=False)
    return tuple(found)


def _event(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
