"""An embedded server, as those see it who start and use it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from seatrial.registry import Registry
from seatrial.system.processes import Process, Session


class Server(Protocol):
    """A running server on loopback, of one session."""

    @property
    def process(self) -> Process:
        """Its process."""

    @property
    def port(self) -> int:
        """Where it listens."""

    def url_for(self, service: str) -> str:
        """Return the URL by which a service reaches it: the same after a restart of either."""

    def restarted(self, session: Session) -> "Server":
        """Start it again where it was, after it ended.

        Raises:
            UsageError: it can't be started there.
        """


@dataclass(frozen=True)
class ServerKind:
    """A kind of embedded server."""

    link: str
    """The name that faults use for the way to it, and for it: "valkey"."""
    start: Callable[[Session], Server]


SERVERS: Registry[ServerKind] = Registry("embedded server")
"""By the placeholder that asks for one: "redis"."""
