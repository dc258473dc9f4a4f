"""Declared services as applications of a simulation."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.config import Config, DeclaredService
from seatrial.errors import InvalidRun, UsageError
from seatrial.simulation import SimulatedProcess, Simulation, SimulationError, serve_asgi
from seatrial.system import SERVERS, AddressOverride
from seatrial.virtual import valkey
from seatrial.virtual.apps import Modules, environment
from seatrial.virtual.proxy import LinkProxy

if TYPE_CHECKING:
    from uvicorn import Server

PORT = 80
"""Of every service on the simulated network."""
_GRACE_S = 1
_ANY_HOST = "0.0.0.0"  # noqa: S104 - of the simulated network


def url_of(host: str) -> str:
    """Return the URL of a host of the simulated network."""
    return f"http://{host}:{PORT}"


def unusable(name: str, service: DeclaredService) -> str | None:
    """Return why a service can't be run in virtual time; None if it can."""
    if service.app is None:
        return f"services.{name}.app, the ASGI application that it is"
    if service.uses("postgres"):
        return (
            f"services.{name} without {{postgres}}, or another env in services.{name}.virtual_env"
        )
    return None


def lacks_virtual_time(config: Config) -> str | None:
    """Return what services lack to stand in virtual time all together, in words; None: nothing.

    Args:
        config: as it holds in virtual time.
    """
    reasons = (unusable(name, service) for name, service in config.services.items())
    found = "; ".join(one for one in reasons if one is not None)
    return f"virtual time needs {found}" if found else None


class VirtualService:
    """A service that answers in the simulation; a `Consumer` of a testbed."""

    def __init__(self, name: str, url: str, server: "Server") -> None:
        """Take what serves it."""
        self.name, self.url = name, url
        self._server = server

    def ending(self) -> str | None:
        """Return None: a server of the simulation ends with its scenario."""
        return None

    def stop(self) -> None:
        """Let it end."""
        self._server.should_exit = True


class Services:
    """Starts the services of a configuration in one simulation; they end with the block."""

    def __init__(
        self,
        config: Config,
        folder: Path,
        scratch: Path,
        simulation: Simulation,
        override: AddressOverride | None = None,
    ) -> None:
        """Take what they are started with.

        Args:
            config: declares them.
            folder: the configuration file's.
            scratch: for what {dir} stands for.
            simulation: that they run in.
            override: puts something between a service and its Valkey.
        """
        self._config = config
        self._folder = folder
        self._scratch = scratch
        self._simulation = simulation
        self._override = override
        self._modules = Modules()
        self._stack = AsyncExitStack()
        self._has_valkey = False
        self._env: dict[str, Mapping[str, str]] = {}
        self._processes: dict[str, SimulatedProcess] = {}
        self.valkey_links: dict[str, LinkProxy] = {}
        """Each service's way to Valkey, by the service."""

    async def __aenter__(self) -> "Services":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        self._modules.restore()

    async def start(self, name: str, env: Mapping[str, str]) -> VirtualService:
        """Start a service at a host of its own name.

        Args:
            name: the service's.
            env: on top of its configured environment.

        Raises:
            UsageError: its application can't be loaded.
            InvalidRun: the application didn't start.
        """
        self._env[name] = env
        return await self._start(name)

    async def crash(self, name: str) -> None:
        """Kill a service, and start it again where it was.

        The block mustn't end normally afterwards: what ends a service waits for its tasks.

        Raises:
            InvalidRun: the application didn't start again.
        """
        self._processes[name].kill(self._simulation.loop)
        await self._start(name, again=True)

    async def _start(self, name: str, *, again: bool = False) -> VirtualService:
        service = self._config.services[name]
        if (lacking := unusable(name, service)) is not None:
            raise UsageError(f"virtual time needs {lacking}")
        url = url_of(name)
        own = {key: await self._filled(name, key, value) for key, value in service.env.items()}
        own |= {service.port_env: str(PORT), "SERVICE_NAME": name}
        own |= self._env[name]
        # The modules of one that has a factory may stay, where it wasn't killed.
        like = self._processes.get(name) if service.factory and not again else None
        process = self._processes[name] = SimulatedProcess()
        with environment(own), process.entered():
            app = self._load(name, service, like)
            try:
                server = await self._stack.enter_async_context(
                    serve_asgi(app, name, PORT, grace_s=_GRACE_S, server_header=False)
                )
            except SimulationError as error:
                why = next(reversed(self._simulation.refused), error)
                raise InvalidRun(f"services.{name}: {why}") from error
        return VirtualService(name, url, server)

    def _load(self, name: str, service: DeclaredService, like: SimulatedProcess | None) -> Any:
        folder = (self._folder / service.cwd).resolve()
        assert service.app is not None, "asked for by `unusable`"
        place = f"services.{name}"
        return self._modules.load(
            self._simulation, place, service.app, folder, factory=service.factory, like=like
        )

    async def _filled(self, name: str, key: str, value: str) -> str:
        value = value.replace("{dir}", str(self._scratch))
        if "{redis}" in value:
            address = await self._valkey_for(name)
            if self._override is not None:
                address = self._override(name, SERVERS.find("redis").link, address)
            value = value.replace("{redis}", f"redis://{address}/0")
        if "{" in value:
            raise UsageError(
                f"services.{name}.env.{key}: only {{dir}} and {{redis}} can be filled in in "
                f"virtual time; say something else in services.{name}.virtual_env"
            )
        return value

    async def _valkey_for(self, name: str) -> str:
        """Return the address of the Valkey that all share, which each reaches over its own link."""
        if not self._has_valkey:
            await self._stack.enter_async_context(valkey.serve_valkey(_ANY_HOST))
            self._has_valkey = True
        if name not in self.valkey_links:
            host = f"valkey.{name}"
            self._simulation.network.names.add(host)
            link = self._simulation.link(host, valkey.PORT)
            self.valkey_links[name] = LinkProxy(host, link, host)
        return self.valkey_links[name].address
