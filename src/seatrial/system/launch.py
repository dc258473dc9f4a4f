"""Starting the services that a configuration names."""

import re
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from seatrial.config import GATEWAY, Config, DeclaredService
from seatrial.errors import UsageError
from seatrial.system.processes import Process, ProcessDied, Session
from seatrial.system.servers import SERVERS, Server

_START_S = 20.0
"""The longest that a service may take until it is healthy."""
_PORTS = 3
"""Ports that are tried, one after the other, where each turns out to be taken."""
_IN_USE = re.compile("address already in use|EADDRINUSE", re.IGNORECASE)


@dataclass(frozen=True)
class Running:
    """A service that answers."""

    name: str
    url: str
    states_url: str | None = None
    process: Process | None = None
    """None where it runs already, at a URL that the configuration names."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Set on top of the configured environment."""
    messages_url: str | None = None
    """The address that makes it send a message for Pact, next to that of its states."""

    def stop(self) -> None:
        """End it, where it is ours."""
        if self.process is not None:
            self.process.stop()


AddressOverride = Callable[[str, str, str], str]
"""Where a service reaches one of its parts: of the service's name, the part's ("valkey") and the
part's own host:port, the host:port that it gets instead."""


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
        self._servers: dict[str, Server] = {}
        self._parts = threading.Lock()
        """Services are started concurrently; what they share is started once."""

    def server(self, placeholder: str) -> Server:
        """Return the session's server of this kind, started when it is first asked for."""
        with self._parts:
            if placeholder not in self._servers:
                self._servers[placeholder] = SERVERS.find(placeholder).start(self.session)
            return self._servers[placeholder]

    def restart_server(self, placeholder: str) -> None:
        """Start a server again where it was, if it has ended.

        Raises:
            UsageError: it can't be started there.
        """
        server = self.server(placeholder)
        if not server.process.running:
            self._servers[placeholder] = server.restarted(self.session)

    @property
    def started_servers(self) -> tuple[str, ...]:
        """The placeholders of the servers that some service asked for."""
        return tuple(self._servers)

    @property
    def redis_url(self) -> str | None:
        """The URL of the Valkey that was started; None when no service asked for one."""
        return self._servers["redis"].url_for("") if "redis" in self._servers else None

    def start(
        self,
        name: str,
        env: Mapping[str, str] | None = None,
        *,
        states: bool = False,
        override: AddressOverride | None = None,
        port: int | None = None,
    ) -> Running:
        """Start a service and wait until it is healthy.

        Args:
            name: as the configuration names it; `GATEWAY` for what stands before them all.
            env: set on top of the configured environment.
            states: start it with Pact's provider states next to it.
            override: puts something between the service and its parts.
            port: where it is to listen; None: where there is room.

        Raises:
            UsageError: it can't be started or doesn't get healthy; the message has its last words.
        """
        place, service = self._configured(name)
        if service.url is not None:
            self._wait_healthy(name, service, service.url, None)
            return Running(name, service.url)
        command = service.states_command if states else _command(name, service)
        if command is None:
            raise UsageError(f"{place}: has no states_command; add one, or leave --states")
        folder = (self._folder / service.cwd).resolve()
        if not folder.is_dir():
            raise UsageError(f"{place}.cwd: there is no folder {folder}")
        says_where = service.announces or states or service.pact is not None
        for left in reversed(range(_PORTS)):
            chosen = port
            if chosen is None:
                chosen = 0 if says_where else self.session.free_port()
            own = {
                key: self._filled(name, key, value, override) for key, value in service.env.items()
            }
            own |= {service.port_env: str(chosen), "SERVICE_NAME": name} | dict(env or {})
            process = self.session.start(name, command, env=own, cwd=folder)
            try:
                said: Mapping[str, Any] = {"url": f"http://127.0.0.1:{chosen}"}
                if says_where:
                    said = process.wait_listening()
                url = str(said.get("url", ""))
                self._wait_healthy(name, service, url, process)
                break
            except ProcessDied:
                # It was free a moment ago, and somebody else was quicker.
                if port is not None or says_where or not left or not _port_was_taken(process):
                    raise
        others = (said.get("statesUrl"), said.get("messagesUrl"))
        return Running(name, url, others[0], process, dict(env or {}), others[1])

    def _configured(self, name: str) -> tuple[str, DeclaredService]:
        """Its place in the configuration, and what that says."""
        if name == GATEWAY and self.config.gateway is not None:
            return GATEWAY, self.config.gateway
        return f"services.{name}", self.config.services[name]

    def restart(self, running: Running, override: AddressOverride | None = None) -> Running:
        """Start a service again that has ended, where it was and with the same environment.

        Raises:
            UsageError: it can't be started there; somebody may have taken its port.
        """
        port = urlsplit(running.url).port
        _, service = self._configured(running.name)
        states = running.states_url is not None and service.pact is None
        return self.start(running.name, running.env, states=states, override=override, port=port)

    def _filled(self, name: str, key: str, value: str, override: AddressOverride | None) -> str:
        for placeholder, kind in SERVERS.items():
            if f"{{{placeholder}}}" in value:
                server = self.server(placeholder)
                with self._parts:
                    url = server.url_for(name)
                if override is not None:
                    address = f"127.0.0.1:{server.port}"
                    url = url.replace(address, override(name, kind.link, address))
                value = value.replace(f"{{{placeholder}}}", url)
        value = value.replace("{dir}", str(self.session.dir))
        if "{" in value:
            known = ", ".join(f"{{{placeholder}}}" for placeholder in SERVERS)
            raise UsageError(f"services.{name}.env.{key}: only {{dir}}, {known} can be filled in")
        return value

    @staticmethod
    def _wait_healthy(
        name: str, service: DeclaredService, base: str, process: Process | None
    ) -> None:
        """Ask until it answers 2xx; a process of ours may take its time to listen."""
        if not service.health:
            if process is not None and not service.announces:
                _wait_listening(name, base, process)
            return
        url = base + service.health
        until_s = time.monotonic() + (_START_S if process else 0.0)
        # Addresses are http alone; to read the list of authorities takes 50 ms.
        with httpx.Client(trust_env=False, timeout=10, verify=False) as client:  # noqa: S501
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
                if process is not None and not process.running:  # somebody else answered
                    raise ProcessDied(f"{name} has ended. It said last:\n{process.tail()}")
                return


def _port_was_taken(process: Process) -> bool:
    """Return whether it ended because it could not listen; as Python, Node, Go and Java say it."""
    return not process.running and _IN_USE.search(process.tail()) is not None


def _wait_listening(name: str, url: str, process: Process) -> None:
    """Try until it takes a connection."""
    until_s = time.monotonic() + _START_S
    parts = urlsplit(url)
    while True:
        try:
            socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
        except OSError as error:
            if process.running and time.monotonic() < until_s:
                time.sleep(0.02)
                continue
            raise ProcessDied(
                f"{name} does not listen at {url}: {error}. It said last:\n{process.tail()}"
            ) from None
        return


def _command(name: str, service: DeclaredService) -> tuple[str, ...] | None:
    """Return the command of a service; a pact is served by a process of ours."""
    if service.pact is None:
        return service.command
    stub = ("python", "-m", "seatrial.pacts.stub")
    return (*stub, "--provider", name, "--pact", service.pact)
