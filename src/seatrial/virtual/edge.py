"""A wire in virtual time for a team's own tests: any provider, and a client or a consumer of it."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from seatrial.errors import UsageError
from seatrial.simulation import SimulatedLoop, Simulation, serve, serve_asgi
from seatrial.tap import LoopTap, serve_tap
from seatrial.virtual.proxy import LinkProxy
from seatrial.virtual.services import PORT, url_of
from seatrial.wires import Wire

Provider = str | Callable[..., Any]
"""An ASGI application, its `module:attribute`, or `async def serve(host, port)`."""
_SERVES = 2
"""Parameters of a coroutine that serves; an ASGI application has three."""


class VirtualEdge(Wire):
    """A wire, and who calls over it. Times are seconds of the virtual clock."""

    def __init__(self, proxy: LinkProxy, tap: LoopTap, simulation: Simulation) -> None:
        """Take the parts; they end elsewhere."""
        super().__init__(proxy, tap)
        self.simulation = simulation
        self.client: Any = None
        """What `client` returned."""
        self.consumer_url: str | None = None
        """Where the consumer answers."""

    @property
    def elapsed_s(self) -> float:
        """The virtual time since the beginning of the test."""
        return self.simulation.elapsed_s


@asynccontextmanager
async def virtual_edge(
    provider: Provider,
    *,
    client: Callable[[str], Any] | None = None,
    consumer: Callable[[str], Any] | None = None,
    journal_headers: Sequence[str] = (),
) -> AsyncIterator[VirtualEdge]:
    """A wire before a provider in the simulation that runs; all of it ends with the block.

    Args:
        provider: an ASGI application, its `module:attribute`, or `async def serve(host, port)`.
        client: makes a client from the provider's URL; closed at the end where it can be.
        consumer: makes an ASGI application from the provider's URL; it is served.
        journal_headers: headers to write down, next to trace id and idempotency key.

    Raises:
        UsageError: it isn't in a simulation.
    """
    simulation = _simulation()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(_served(simulation, provider, "provider"))
        tap = await stack.enter_async_context(
            serve_tap(url_of("provider"), "wire", PORT, journal_headers=journal_headers)
        )
        proxy = LinkProxy("provider", simulation.link("wire", PORT), "wire")
        edge = VirtualEdge(proxy, tap, simulation)
        if consumer is not None:
            await stack.enter_async_context(_served(simulation, consumer(edge.url), "consumer"))
            edge.consumer_url = url_of("consumer")
        if client is not None:
            edge.client = client(edge.url)
            stack.push_async_callback(_close, edge.client)
        yield edge


def _simulation() -> Simulation:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, SimulatedLoop):
        raise UsageError(
            "virtual_edge works in a simulation alone: take it as a fixture, in an async test, or "
            "run the code with seatrial.simulation.Simulation().run(…)"
        )
    return loop.simulation


@asynccontextmanager
async def _served(simulation: Simulation, app: Provider, host: str) -> AsyncIterator[None]:
    served: Any = simulation.load(app) if isinstance(app, str) else app
    if _is_server(served):
        simulation.network.names.add(host)
        serving: Coroutine[Any, Any, object] = served(host, PORT)
        async with serve(serving, host, PORT):
            yield
    else:
        async with serve_asgi(served, host, PORT):
            yield


def _is_server(app: Any) -> bool:
    if not inspect.iscoroutinefunction(app):
        return False
    return len(inspect.signature(app).parameters) == _SERVES


async def _close(client: Any) -> None:
    for name in ("aclose", "close"):
        if (close := getattr(client, name, None)) is not None:
            done = close()
            if inspect.isawaitable(done):
                await done
            return
