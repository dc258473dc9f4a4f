"""Starting the services that a configuration names."""

import re
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seatrial.config import GATEWAY, Config, DeclaredService
from seatrial.errors import UsageError
from seatrial.system.neighbours import Neighbours
from seatrial.system.processes import Process, ProcessDied, Session
from seatrial.system.servers import SERVERS, Server
from seatrial.system.start_up import StartUp, port_was_taken

_PORTS = 3
"""Ports that are tried, one after the other, where each turns out to be taken."""
_HOST = "127.0.0.1"
_UNFILLED = re.compile(r"\{[a-z_]+\}")
_OWN_PROGRAMS = (".venv/bin", "venv/bin", "node_modules/.bin")
"""Where a project keeps programs of its own; they come before those on PATH."""


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
        self.neighbours = Neighbours(self)

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
            StartUp(place, name, service, service.url, None).wait()
            return Running(name, service.url)
        command = service.states_command if states else _command(name, service)
        if command is None and states:
            raise UsageError(f"{place}: has no states_command; add one, or leave --states")
        if command is None:
            raise UsageError(
                f"{place}: has no command to start it by; add one (app is for --virtual)"
            )
        folder = (self._folder / service.cwd).resolve()
        if not folder.is_dir():
            raise UsageError(f"{place}.cwd: there is no folder {folder}")
        says_where = service.announces or states or service.pact is not None
        for left in reversed(range(_PORTS)):
            chosen = port
            if chosen is None:
                chosen = 0 if says_where else self.session.free_port()
            given = {"port": str(chosen), "host": _HOST, "dir": str(self.session.dir)}
            own = {
                key: self._filled(name, key, _placed(value, given), override)
                for key, value in service.env.items()
            }
            own |= {service.port_env: str(chosen), "SERVICE_NAME": name} | dict(env or {})
            words = [_program(command[0], folder), *(_placed(word, given) for word in command[1:])]
            process = self.session.start(name, words, env=own, cwd=folder)
            try:
                said: Mapping[str, Any] = {"url": f"http://{_HOST}:{chosen}"}
                if says_where:
                    said = process.wait_listening(service.start_within_s)
                url = str(said.get("url", ""))
                StartUp(place, name, service, url, process).wait()
                break
            except ProcessDied:
                # It was free a moment ago, and somebody else was quicker.
                if port is not None or says_where or not left or not port_was_taken(process):
                    process.stop()  # it may listen elsewhere, where the next one would meet it
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
        if found := _UNFILLED.search(value):
            known = ", ".join(f"{{{one}}}" for one in ("dir", "host", "port", *SERVERS))
            raise UsageError(
                f"services.{name}.env.{key}: {found[0]} can't be filled in; there is: {known}"
            )
        return value


def _command(name: str, service: DeclaredService) -> tuple[str, ...] | None:
    """Return the command of a service; a pact is served by a process of ours."""
    if service.pact is None:
        return service.command
    stub = ("python", "-m", "seatrial.pacts.stub")
    return (*stub, "--provider", name, "--pact", service.pact)


def _placed(text: str, given: Mapping[str, str]) -> str:
    for placeholder, value in given.items():
        text = text.replace(f"{{{placeholder}}}", value)
    return text


def _program(word: str, folder: Path) -> str:
    """Return a program as it is found from a service's folder, wherever Seatrial was called."""
    if word == "python" or Path(word).is_absolute():
        return word
    places = [folder] if "/" in word else [folder / one for one in _OWN_PROGRAMS]
    for place in places:
        if found := shutil.which(str(place / word)):
            return found
    return word
