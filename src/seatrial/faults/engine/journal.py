"""The journal of connections: what reached a proxy, and which toxics hit it."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from seatrial.faults.engine.named import NamedToxic, Stream

ENTRIES = 100_000
"""The number of connections that are remembered."""
_HITS = 64
"""The number of toxics that are remembered for one connection."""

End = Literal["client", "upstream", "toxic", "reset", "refused", "loop", "stopped"]
"""The end of a connection: a peer, a toxic (with a TCP reset or without), nobody listening
upstream, a proxy that leads back to itself, or the proxy's own stop."""


@dataclass
class Hit:
    """A toxic that worked on a connection, and when (monotonic seconds)."""

    name: str
    type: str
    stream: Stream
    from_s: float
    until_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "name": self.name,
            "type": self.type,
            "stream": self.stream,
            "from_s": self.from_s,
            "until_s": self.until_s,
        }


@dataclass
class Entry:
    """One connection. Times are monotonic seconds; bytes are what came in and what went out."""

    id: int
    proxy: str
    number: int
    """Counts the proxy's connections since it was made or the seed was set."""
    client: str
    accepted_s: float
    connected_s: float | None = None
    closed_s: float | None = None
    end: End | None = None
    upstream_received: int = 0
    upstream_sent: int = 0
    downstream_received: int = 0
    downstream_sent: int = 0
    hits: list[Hit] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it as the API shows it."""
        return {
            "id": self.id,
            "proxy": self.proxy,
            "number": self.number,
            "client": self.client,
            "accepted_s": self.accepted_s,
            "connected_s": self.connected_s,
            "closed_s": self.closed_s,
            "end": self.end,
            "upstream": {"received": self.upstream_received, "sent": self.upstream_sent},
            "downstream": {"received": self.downstream_received, "sent": self.downstream_sent},
            "toxics": [hit.as_json() for hit in self.hits],
        }

    def worked(self, toxic: NamedToxic, working: bool, now_s: float) -> None:
        """Note that a toxic began or ceased to work."""
        if working:
            if len(self.hits) < _HITS:
                hit = Hit(toxic.name, toxic.attributes.TYPE, toxic.stream, now_s)
                self.hits.append(hit)
            return
        for hit in self.hits:
            if hit.name == toxic.name and hit.until_s is None:
                hit.until_s = now_s


class ConnectionJournal:
    """The last connections, oldest first."""

    def __init__(self, entries: int = ENTRIES) -> None:
        self._entries: deque[Entry] = deque(maxlen=entries)
        self._count = 0

    def begin(self, proxy: str, number: int, client: str, now_s: float) -> Entry:
        """Note an accepted connection."""
        self._count += 1
        entry = Entry(self._count, proxy, number, client, now_s)
        self._entries.append(entry)
        return entry

    @property
    def forgotten(self) -> int:
        """The number of connections that are no longer remembered."""
        return self._count - len(self._entries)

    def entries(self, proxy: str | None, after: int = 0) -> Iterator[Entry]:
        """Yield those of one proxy or of all, with a greater id than `after`."""
        for entry in self._entries:
            if entry.id > after and proxy in (None, entry.proxy):
                yield entry
