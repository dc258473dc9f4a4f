"""The whole system at once, each service given the addresses of those that it needs."""

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from seatrial.config import GATEWAY, DeclaredService, PlainEdge
from seatrial.errors import SeatrialError, UsageError
from seatrial.faults import Engine
from seatrial.system import AddressOverride, Launcher, Running
from seatrial.tap import start_tap


class Topology:
    """Starts every service of a configuration, all at the same time."""

    def __init__(
        self,
        launcher: Launcher,
        engine: Engine | None,
        *,
        states: bool = False,
        ways: Mapping[tuple[str, str], str] | None = None,
        override: AddressOverride | None = None,
    ) -> None:
        """Take what it starts with; nothing runs yet.

        Args:
            launcher: starts the services.
            engine: puts a proxy and a tap on every edge; None: services reach each other directly.
            states: start those services that can with their provider states.
            ways: by consumer and provider, the URL that a consumer gets in the provider's place,
                also where `addresses` names the provider and no edge does. Whoever has one doesn't
                wait for its provider to start.
            override: puts something between each service and its parts.
        """
        self._launcher = launcher
        self._engine = engine
        self._ways = ways or {}
        self._override = override
        self._states = states
        self._services: Mapping[str, DeclaredService] = launcher.config.services
        self._urls: dict[str, Future[str]] = {}
        self._ports: dict[str, int] = {}
        self.running: dict[str, Running] = {}
        """What was started, by name, the gateway too."""

    def start(self, *, gateway: bool = False) -> dict[str, Any]:
        """Start all and return `addresses()`.

        Args:
            gateway: start the configured gateway before them too.

        Raises:
            UsageError: one can't be started.
        """
        if gateway:
            entry = self._launcher.config.gateway
            assert entry is not None, "asked for by whoever has one"
            self._services = {**self._services, GATEWAY: entry}
        self.running = self._start_all()
        return self.addresses()

    def addresses(self) -> dict[str, Any]:
        """Return where all of it is, in the form of `seatrial up --json`."""
        services = {name: one for name, one in self.running.items() if name != GATEWAY}
        found: dict[str, Any] = {
            "services": {name: _addresses(one) for name, one in services.items()}
        }
        if GATEWAY in self.running:
            found["gateway"] = {"url": self.running[GATEWAY].url}
        if self._launcher.redis_url:
            found["redis"] = {"url": self._launcher.redis_url}
        if self._engine:
            found["toxiproxy"] = {"url": self._engine.url}
        return found

    def _start_all(self) -> dict[str, Running]:
        """All services, in the configuration's order; the first error ends it."""
        self._urls = {name: Future() for name in self._services}
        for name in self._in_circles():
            # Each needs the other's address before it can start, so these are chosen for them.
            self._ports[name] = self._launcher.session.reserve_port()
            self._urls[name].set_result(f"http://127.0.0.1:{self._ports[name]}")
        results: dict[str, Future[Running]] = {name: Future() for name in self._services}
        for name, result in results.items():
            # Daemons: Ctrl-C ends the session, and with it what they wait for.
            threading.Thread(target=self._run, args=(name, result), daemon=True).start()
        return {name: result.result() for name, result in results.items()}

    def _run(self, name: str, result: Future[Running]) -> None:
        try:
            running = self._start_one(name)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            cause = error if isinstance(error, SeatrialError) else UsageError(f"{name}: {error}")
            result.set_exception(cause)
            if not self._urls[name].done():
                self._urls[name].set_exception(cause)
        else:
            result.set_result(running)
            if not self._urls[name].done():
                self._urls[name].set_result(running.url)

    def _start_one(self, name: str) -> Running:
        service = self._services[name]
        if service.url is not None:
            return self._launcher.start(name)
        edges = self._edges(name)
        own = {variable for edge in edges.values() for variable in edge.address_variables}
        env = {}
        if not service.addresses.keys() <= own:
            env = service.addresses_at({one: self._way(name, one) for one in service.neighbours})
        for key, edge in edges.items():
            env |= edge.address_at(self._address(key, self._way(name, edge.provider)))
        states = self._states and service.states_command is not None
        return self._launcher.start(
            name, env, states=states, override=self._override, port=self._ports.get(name)
        )

    def _way(self, consumer: str, provider: str) -> str:
        return self._ways.get((consumer, provider)) or self._urls[provider].result()

    def _edges(self, name: str) -> dict[str, PlainEdge]:
        """Return a consumer's edges; where several share a variable, the first stands for all."""
        found: dict[str, PlainEdge] = {}
        seen: set[str] = set()
        for key, edge in self._launcher.config.all_edges.items():
            if edge.consumer == name and seen.isdisjoint(edge.address_variables):
                found[key] = edge
                seen |= {*edge.address_variables}
        return found

    def _in_circles(self) -> list[str]:
        """The services that need, by whatever way round, themselves."""
        needs = {
            name: {
                one
                for one in (
                    *(edge.provider for edge in self._edges(name).values()),
                    *service.neighbours,
                )
                if (name, one) not in self._ways
            }
            for name, service in self._services.items()
        }
        found = []
        for name in self._services:
            reached: set[str] = set()
            ahead = set(needs[name])
            while ahead:
                reached |= ahead
                ahead = {further for each in ahead for further in needs[each]} - reached
            if name in reached and self._services[name].url is None:
                found.append(name)
        return found

    def _address(self, edge: str, provider: str) -> str:
        if self._engine is None:
            return provider
        tap = start_tap(
            self._launcher.session,
            provider,
            name=f"tap-{edge}",
            redact_headers=self._launcher.config.redact_headers,
        )
        return self._engine.proxy(edge, tap.url.removeprefix("http://")).url


def _addresses(running: Running) -> dict[str, str]:
    """Return a service's address, and those of its states and messages."""
    named = {
        "url": running.url,
        "statesUrl": running.states_url,
        "messagesUrl": running.messages_url,
    }
    return {name: url for name, url in named.items() if url}
