"""All services of a configuration in one simulation, with a link and a tap on every way."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from seatrial.config import Config, DeclaredService
from seatrial.errors import UsageError
from seatrial.simulation import Simulation
from seatrial.system import AddressOverride, scratch_folder
from seatrial.tap import LoopTap, serve_tap
from seatrial.testbed import numbered_by
from seatrial.virtual.proxy import LinkProxy
from seatrial.virtual.services import PORT, Services, VirtualService, lacks_virtual_time, url_of
from seatrial.wires import Wire


@dataclass(frozen=True)
class VirtualSystem:
    """The services that run, and the ways between them."""

    services: Mapping[str, VirtualService]
    wires: Mapping[tuple[str, str], Wire]
    """Each way by consumer and provider: faults on it, and what was sent over it."""
    taps: Mapping[tuple[str, str], LoopTap]
    scratch: Path
    """What {dir} stands for."""
    valkey_links: Mapping[str, LinkProxy]
    """Each service's way to the Valkey that all share, by the service."""
    crash: Callable[[str], Awaitable[None]]
    """Kills a service by its name and starts it again; see `Services.crash`."""


@asynccontextmanager
async def virtual_system(
    config: Config,
    folder: Path,
    simulation: Simulation,
    *,
    journal_headers: Sequence[str] = (),
    override: AddressOverride | None = None,
) -> AsyncIterator[VirtualSystem]:
    """Start every service in the simulation that runs; all of it ends with the block.

    A consumer gets a provider's address through an edge, or through its `addresses`; both lead over
    one link and one tap.

    Args:
        config: as it holds in virtual time.
        folder: the configuration file's.
        simulation: that runs.
        journal_headers: headers to write down, next to trace id and idempotency key.
        override: puts something between a service and its Valkey.

    Raises:
        UsageError: a service can't be run in virtual time, or its application can't be loaded.
        InvalidRun: an application didn't start.
    """
    if (reason := lacks_virtual_time(config)) is not None:
        raise UsageError(reason)
    wires: dict[tuple[str, str], Wire] = {}
    taps: dict[tuple[str, str], LoopTap] = {}
    numbers = itertools.count(1)
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(scratch_folder())
        stack.enter_context(numbered_by(lambda: f"{next(numbers):06d}"))
        running = await stack.enter_async_context(
            Services(config, folder, scratch, simulation, override)
        )
        for consumer, provider in _ways(config):
            host = f"{provider}.{consumer}.wire"
            serving = serve_tap(
                url_of(provider),
                host,
                PORT,
                journal_headers=journal_headers,
                redact_headers=config.redact_headers,
            )
            tap = taps[consumer, provider] = await stack.enter_async_context(serving)
            proxy = LinkProxy(host, simulation.link(host, PORT), host)
            wires[consumer, provider] = Wire(proxy, tap)
        services = {
            name: await running.start(name, _addresses(config, name, service, wires))
            for name, service in config.services.items()
        }
        yield VirtualSystem(services, wires, taps, scratch, running.valkey_links, running.crash)


def _ways(config: Config) -> Iterable[tuple[str, str]]:
    """Return who calls whom, each pair once."""
    edges = [(edge.consumer, edge.provider) for edge in config.all_edges.values()]
    addressed = [
        (name, provider)
        for name, service in config.services.items()
        for provider in service.neighbours
    ]
    return dict.fromkeys((*edges, *addressed))


def _addresses(
    config: Config,
    name: str,
    service: DeclaredService,
    wires: Mapping[tuple[str, str], Wire],
) -> dict[str, str]:
    """Return a consumer's variables for those that it calls."""
    env = service.addresses_at({one: wires[name, one].url for one in service.neighbours})
    for edge in config.all_edges.values():
        if edge.consumer == name:
            env |= edge.address_at(wires[name, edge.provider].url)
    return env
