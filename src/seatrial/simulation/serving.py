"""Servers in a simulation: an ASGI application under uvicorn, or any coroutine that serves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Generator, Iterator, MutableSet
from contextlib import asynccontextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Literal

from seatrial.simulation.clock import wall
from seatrial.simulation.errors import SimulationError
from seatrial.simulation.loop import SimulatedLoop
from seatrial.simulation.names import is_numeric
from seatrial.simulation.network import Network

if TYPE_CHECKING:
    from uvicorn import Server

_LOOK_S = 0.001


@asynccontextmanager
async def serve_asgi(
    app: Any,
    host: str,
    port: int,
    *,
    lifespan: Literal["auto", "on", "off"] = "auto",
    grace_s: int = 10,
    **options: Any,
) -> AsyncIterator["Server"]:
    """Serve an ASGI application with uvicorn for the time of a block.

    The host becomes a name of the simulated network. The server doesn't tick, as uvicorn does ten
    times a second, so that idle time costs nothing and a deadlock is found at once.

    Args:
        app: The application.
        host: Its name on the network, or an address.
        port: Its port.
        lifespan: As for uvicorn.
        grace_s: How long requests in work may take when the block ends.
        options: Further fields of `uvicorn.Config`.

    Raises:
        SimulationError: the application didn't start; its own error is in the log.
    """
    if not is_numeric(host):
        _network().names.add(host)
    server = _uvicorn_server(app, host, port, lifespan, grace_s, options)
    serving = asyncio.create_task(_served(server, host, port), name=f"serve {host}:{port}")
    try:
        await _until_listening(serving, host, port)
        yield server
    finally:
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


@asynccontextmanager
async def serve(
    server: Coroutine[Any, Any, object], host: str, port: int
) -> AsyncIterator["asyncio.Task[object]"]:
    """Run a coroutine that serves, for the time of a block, and cancel it at the end.

    Args:
        server: What serves; it must listen at the host and port.
        host: A name of the simulated network, or an address.
        port: The port.

    Raises:
        SimulationError: it ended before it listened.
    """
    if not is_numeric(host):
        _network().names.add(host)
    serving = asyncio.create_task(server, name=f"serve {host}:{port}")
    try:
        await _until_listening(serving, host, port)
        yield serving
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def _until_listening(serving: "asyncio.Task[Any]", host: str, port: int) -> None:
    network = _network()
    while not network.is_listening(host, port):
        if serving.done():
            raise SimulationError(
                f"the server of {host}:{port} ended before it listened"
            ) from serving.exception()
        await asyncio.sleep(_LOOK_S)


def _network() -> Network:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, SimulatedLoop):
        raise SimulationError("this serves in a simulation only: run it with Simulation.run")
    return loop.simulation.network


async def _served(server: "Server", host: str, port: int) -> None:
    try:
        await server.serve()
    except SystemExit as error:
        raise SimulationError(f"the application at {host}:{port} didn't start") from error


class _Ordered(MutableSet[Any]):
    """A set in the order of insertion, so that it is the same in every process."""

    def __init__(self) -> None:
        self._items: dict[Any, None] = {}

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def add(self, value: Any) -> None:
        self._items[value] = None

    def discard(self, value: Any) -> None:
        self._items.pop(value, None)


def _uvicorn_server(
    app: Any, host: str, port: int, lifespan: str, grace_s: int, options: dict[str, Any]
) -> "Server":
    """Return a server without ticks and signal handlers."""
    import uvicorn
    from uvicorn.server import ServerState

    class State(ServerState):
        """Date each answer, since no tick does; close connections in the order of their coming."""

        def __init__(self) -> None:
            super().__init__()
            self.connections = _Ordered()  # type: ignore[assignment]
            self.tasks = _Ordered()  # type: ignore[assignment]

        @property
        def default_headers(self) -> list[tuple[bytes, bytes]]:
            return [(b"date", formatdate(wall(), usegmt=True).encode()), *config.encoded_headers]

        @default_headers.setter
        def default_headers(self, _: object) -> None:
            pass

    class TicklessServer(uvicorn.Server):
        def __init__(self, config: uvicorn.Config) -> None:
            self._exit = asyncio.Event()
            super().__init__(config)
            self.server_state = State()

        @property
        def should_exit(self) -> bool:
            return self._exit.is_set()

        @should_exit.setter
        def should_exit(self, value: bool) -> None:
            if value:
                self._exit.set()

        async def main_loop(self) -> None:
            await self._exit.wait()

        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

    settings: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "timeout_graceful_shutdown": grace_s,
        **options,
    }
    config = uvicorn.Config(app, host=host, port=port, loop="none", lifespan=lifespan, **settings)  # type: ignore[arg-type]
    return TicklessServer(config)
