"""The services, killed and started again where they were."""

import json
import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from redis import Redis

from seatrial.system import Session, start_postgres, start_valkey
from tests.kill.databases import Rows, read_rows

ROOT = Path(__file__).parents[2]
NAMES = ("user-service", "marketplace-service", "payments-service", "acquirer")
_SHORT = {
    f"{name}_CLIENT_{option}": value
    for name in ("USER", "PAYMENTS", "MARKETPLACE")
    for option, value in {
        "ATTEMPTS": "3",
        "BACKOFF_S": "0.02",
        "BACKOFF_CAP_S": "0.1",
        "ATTEMPT_TIMEOUT_S": "2",
        "DEADLINE_S": "4",
        # Every other call fails here; an open circuit would only make it take longer.
        "FAILURES": "1000000",
    }.items()
}
_ACQUIRER = {
    "ACQUIRER_ASK_S": "1",
    "ACQUIRER_SLOW_S": "0.1",
    "RECONCILE_EVERY_S": "0.2",
    "ACQUIRER_GIVE_UP_S": "5",
}


@dataclass
class _Service:
    name: str
    url: str
    env: dict[str, str]
    pid: int = 0
    starts: int = 0


class System:
    """All four as real processes, each over its database, and a Valkey that stays up.

    Args:
        session: ends it all.
        planted: names of `tests.kill.defects`.
        database: `sqlite` or `postgresql`.
    """

    def __init__(
        self, session: Session, planted: Sequence[str] = (), database: str = "sqlite"
    ) -> None:
        self._folder = session.dir
        self._socket = str(session.dir / "preforked")
        self.valkey = start_valkey(session)
        if database == "postgresql":
            server = start_postgres(session)
            self._databases = {name: server.create(name) for name in NAMES}
        else:
            self._databases = {name: f"sqlite:///{session.dir}/{name}.sqlite" for name in NAMES}
        command = ["python", "-m", "tests.kill.preforked", self._socket, *planted]
        self._preforked = session.start("preforked", command, cwd=ROOT)
        # Bound until the session ends, so that nobody takes them while a service is dead.
        ports = {name: session.reserve_port() for name in NAMES}
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        self._services = {name: self._described(name, ports[name]) for name in NAMES}
        self._http = httpx.Client(trust_env=False, timeout=5)
        self._wait_ready(60)
        for name in NAMES:
            self.start(name)
        self.wait_up(60)

    def _described(self, name: str, port: int) -> _Service:
        addresses = {
            key: self.urls[peer]
            for key, peer in {
                "USER_SERVICE_URL": "user-service",
                "MARKETPLACE_SERVICE_URL": "marketplace-service",
                "PAYMENTS_SERVICE_URL": "payments-service",
                "ACQUIRER_URL": "acquirer",
            }.items()
        }
        env = {
            **addresses,
            **_SHORT,
            **_ACQUIRER,
            "PORT": str(port),
            "SERVICE_NAME": name,
            "DATABASE_URL": self._databases[name],
            "REDIS_URL": self.valkey.url,
        }
        return _Service(name, self.urls[name], env)

    def logs(self, name: str) -> list[str]:
        """Return all that a service's processes wrote, each for itself, in their order."""
        return [
            (self._folder / f"{name}-{number}.lines").read_text(errors="replace")
            for number in range(1, self._services[name].starts + 1)
            if (self._folder / f"{name}-{number}.lines").exists()
        ]

    def start(self, name: str) -> None:
        """Start it, without waiting for it."""
        service = self._services[name]
        module = "stubs." + name.removesuffix("-service")
        service.starts += 1
        log = self._folder / f"{name}-{service.starts}.lines"
        order = {"module": module, "log": str(log), "env": service.env}
        with socket.socket(socket.AF_UNIX) as wire:
            wire.connect(self._socket)
            wire.sendall(json.dumps(order).encode() + b"\n")
            service.pid = int(wire.makefile().readline())

    def kill(self, name: str) -> None:
        """End it with SIGKILL, and wait until it is gone."""
        pid = self._services[name].pid
        os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, 0)
                time.sleep(0.001)

    def is_up(self, name: str) -> bool:
        """Return whether it answers."""
        try:
            return self._http.get(f"{self.urls[name]}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def wait_up(self, within_s: float) -> None:
        """Wait until all answer.

        Raises:
            AssertionError: one doesn't within this time.
        """
        for name in NAMES:
            self.wait_one(name, within_s)

    def wait_one(self, name: str, within_s: float) -> None:
        """Wait until a service answers.

        Raises:
            AssertionError: it doesn't within this time.
        """
        until_s = time.monotonic() + within_s
        while not self.is_up(name):
            assert time.monotonic() < until_s, (
                f"{name} is down:\n{''.join(self.logs(name)[-2:])[-2000:]}"
            )
            time.sleep(0.01)

    def rows(self, name: str, query: str) -> Rows:
        """Return what a query finds in a service's database."""
        return read_rows(self._databases[name], query)

    def events(self, stream: str) -> list[Mapping[str, Any]]:
        """Every entry of a stream, in order."""
        with Redis.from_url(self.valkey.url) as redis:
            entries = redis.xrange(stream)
        return [json.loads(fields[b"event"]) for _, fields in entries]

    def pending_events(self, stream: str, group: str) -> int:
        """Return how many entries of a stream a group hasn't handled yet."""
        with Redis.from_url(self.valkey.url) as redis:
            for each in redis.xinfo_groups(stream):
                if each["name"] == group.encode():
                    return int(each["pending"]) + int(each["lag"] or 0)
        return 0

    def _wait_ready(self, within_s: float) -> None:
        until_s = time.monotonic() + within_s
        while not Path(f"{self._socket}.ready").exists():
            assert self._preforked.running, self._preforked.tail()
            assert time.monotonic() < until_s, "the preforked server isn't ready"
            time.sleep(0.01)

    def close(self) -> None:
        """Close the driver's own connections."""
        self._http.close()
