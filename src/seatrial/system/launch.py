"""Starting the services that a configuration names."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.system.postgres import Postgres, start_postgres
from seatrial.system.processes import Process, ProcessDied, Session
from seatrial.system.valkey import Valkey, start_valkey

_START_S = 20.0
"""How long a service may take until it is healthy."""


@dataclass(frozen=True)
class Running:
    """A service that answers."""

    name: str
    url: str
    states_url: str | None = None
    process: Process | None = None
    """None where it runs already, at a URL that the configuration names."""

    def stop(self) -> None:
        """End it, where it is ours."""
        if self.process is not None:
            self.process.stop()


class Launcher:
    """Starts the services of one configuration in one session, and what they need."""

    def __init__(self, session: Session, config: Config, folder: Path) -> None:
        """Take what it starts with; nothing runs yet.

        Args:
            session: ends all that is started here.
            config: says how each service is started.
            folder: the configuration file's, which a service's `cwd` is relative to.
        """
        self.session = session
        self.config = config
        self._folder = folder
        self._valkey: Valkey | None = None
        self._postgres: Postgres | None = None
        self._databases: dict[str, str] = {}

    @property
    def valkey(self) -> Valkey:
        """The session's Valkey, started when it is first asked for."""
        if self._valkey is None:
            self._valkey = start_valkey(self.session)
        return self._valkey

    @property
    def redis_url(self) -> str | None:
        """The URL of the Valkey that was started; None when no service asked for one."""
        return self._valkey.url if self._valkey else None

    def start(
        self, name: str, env: Mapping[str, str] | None = None, *, states: bool = False
    ) -> Running:
        """Start a service and wait until it is healthy.

        Args:
            name: as the configuration names it.
            env: set on top of the configured environment.
            states: start it with Pact's provider states beside it.

        Raises:
            UsageError: it can't be started or doesn't get healthy; the message has its last words.
        """
        service = self.config.services[name]
        if service.url is not None:
            self._wait_healthy(name, service.url + service.health, None)
            return Running(name, service.url)
        command = service.states_command if states else service.command
        if command is None:
            raise UsageError(f"services.{name}: has no states_command; add one, or leave --states")
        folder = (self._folder / service.cwd).resolve()
        if not folder.is_dir():
            raise UsageError(f"services.{name}.cwd: there is no folder {folder}")
        port = 0 if service.announces or states else self.session.free_port()
        own = {key: self._filled(name, key, value) for key, value in service.env.items()}
        own |= {service.port_env: str(port), "SERVICE_NAME": name} | dict(env or {})
        process = self.session.start(name, command, env=own, cwd=folder)
        said = {"url": f"http://127.0.0.1:{port}"} if port else process.wait_listening()
        url = str(said.get("url", ""))
        self._wait_healthy(name, url + service.health, process)
        return Running(name, url, said.get("statesUrl"), process)

    def _filled(self, name: str, key: str, value: str) -> str:
        if "{redis}" in value:
            value = value.replace("{redis}", self.valkey.url)
        if "{postgres}" in value:
            value = value.replace("{postgres}", self._database(name))
        value = value.replace("{dir}", str(self.session.dir))
        if "{" in value:
            raise UsageError(
                f"services.{name}.env.{key}: only {{dir}}, {{redis}} and {{postgres}} can be "
                "filled in"
            )
        return value

    def _database(self, name: str) -> str:
        """The URL of a service's own database: the same whenever the service is started again."""
        if self._postgres is None:
            self._postgres = start_postgres(self.session)
        if name not in self._databases:
            self._databases[name] = self._postgres.create(name)
        return self._databases[name]

    @staticmethod
    def _wait_healthy(name: str, url: str, process: Process | None) -> None:
        """Ask until it answers 2xx; a process of ours may take its time to listen."""
        until_s = time.monotonic() + (_START_S if process else 0.0)
        with httpx.Client(trust_env=False, timeout=10) as client:
            while True:
                try:
                    client.get(url).raise_for_status()
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    if process and process.running and time.monotonic() < until_s:
                        time.sleep(0.02)
                        continue
                    said = f" It said last:\n{process.tail()}" if process else ""
                    kind = ProcessDied if process else UsageError
                    raise kind(f"{name} is not healthy at {url}: {error}.{said}") from None
                return
