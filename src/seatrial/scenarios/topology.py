"""The whole system at once, each consumer told where its providers are."""

from typing import Any

from seatrial.errors import UsageError
from seatrial.faults import Engine
from seatrial.system import Launcher, Running
from seatrial.tap import start_tap


class Topology:
    """Starts every service of a configuration, providers before those that call them."""

    def __init__(self, launcher: Launcher, engine: Engine | None, *, states: bool = False) -> None:
        """Take what it starts with; nothing runs yet.

        Args:
            launcher: starts the services.
            engine: puts a proxy and a tap on every edge; None: services reach each other directly.
            states: start those services that can with their provider states.
        """
        self._launcher = launcher
        self._engine = engine
        self._states = states
        self._running: dict[str, Running] = {}

    def start(self) -> dict[str, Any]:
        """Start all and say where they are, in the form of `seatrial up --json`.

        Raises:
            UsageError: one can't be started, or the edges form a circle.
        """
        config = self._launcher.config
        for name in config.services:
            self._service(name, ())
        found: dict[str, Any] = {
            "services": {
                name: {"url": one.url} | ({"statesUrl": one.states_url} if one.states_url else {})
                for name, one in self._running.items()
            }
        }
        if self._launcher.redis_url:
            found["redis"] = {"url": self._launcher.redis_url}
        if self._engine:
            found["toxiproxy"] = {"url": self._engine.url}
        return found

    def _service(self, name: str, waiting: tuple[str, ...]) -> Running:
        if name in waiting:
            circle = " → ".join((*waiting, name))
            raise UsageError(f"edges: the services need each other in a circle: {circle}")
        if name not in self._running:
            config = self._launcher.config
            edges = {key: edge for key, edge in config.edges.items() if edge.consumer == name}
            env = {
                edge.address_env: self._address(key, self._service(edge.provider, (*waiting, name)))
                for key, edge in edges.items()
            }
            states = self._states and config.services[name].states_command is not None
            self._running[name] = self._launcher.start(name, env, states=states)
        return self._running[name]

    def _address(self, edge: str, provider: Running) -> str:
        if self._engine is None:
            return provider.url
        tap = start_tap(self._launcher.session, provider.url, name=f"tap-{edge}")
        return self._engine.proxy(edge, tap.url.removeprefix("http://")).url
