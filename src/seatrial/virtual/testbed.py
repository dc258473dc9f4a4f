"""The testbed in virtual time: consumer → tap → provider, all in one loop."""

import itertools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from seatrial.config import Config, Edge
from seatrial.simulation import Simulation
from seatrial.system import scratch_folder
from seatrial.tap import LoopTap, serve_tap
from seatrial.testbed import (
    MACHINE_CLOCK,
    Consumer,
    Correlator,
    EdgeFeature,
    EntityFactory,
    EntityPool,
    Testbed,
    missing_features,
    numbered_by,
)
from seatrial.virtual.proxy import LinkProxy
from seatrial.virtual.services import PORT, Services, VirtualService, unusable
from seatrial.wires import FaultTarget, Wire

_REST_S = 1.0
"""What making entities began has ended by then, such as the passing on of its events."""
_PROCESSES = {FaultTarget.PROVIDER: "provider", FaultTarget.CONSUMER: "consumer"}


class _Pool(EntityPool):
    """Entities of one simulation, of which there may be a bound.

    With one, each scenario has a simulation to itself, and so all are its own.
    """

    most: int | None = None
    """No scenario has more than this."""

    async def take(self, count: int, *, own: bool = False) -> list[str]:
        """Return entities that no fresh consumer has heard of, or as many as there may be."""
        if self.most is not None:
            return await super().take(min(count, self.most))
        return await super().take(count, own=own)


@dataclass(frozen=True)
class _Standing:
    """What runs while the testbed stands."""

    scratch: Path
    pool: _Pool
    services: Services
    provider: VirtualService
    tap: LoopTap
    proxy: LinkProxy


class VirtualTestbed(Testbed):
    """A provider with its tap in a simulation; consumers come and go in front of them.

    It can be asked what it lacks at any time; all else needs a simulation, see `standing`.
    """

    def __init__(self, config: Config, folder: Path, name: str, *, seed: int = 1) -> None:
        """Take the edge; nothing runs yet.

        Args:
            config: as it holds in virtual time.
            folder: the configuration file's.
            name: the edge's.
            seed: decides all chance.
        """
        self.name = name
        self.edge: Edge = config.edges[name]
        self.engine_name = "virtual"
        self.clock = MACHINE_CLOCK  # its functions are the simulation's while one runs
        self.config = config
        self.seed = seed
        self.pool = EntityPool(self.source)
        self._folder = folder
        self._standing: _Standing | None = None
        self._started: VirtualService | None = None

    @property
    def repeatable(self) -> bool:
        """True: each scenario has a fresh consumer."""
        return True

    @property
    def rerun_option(self) -> str:
        """The option that makes `seatrial chaos run` use such a testbed."""
        return "--virtual"

    def unusable(self) -> list[str]:
        """Return, in words, why this edge can't be run in virtual time; empty if it can."""
        names = (self.edge.consumer, self.edge.provider)
        reasons = [unusable(name, self.config.services[name]) for name in names]
        return [reason for reason in reasons if reason is not None]

    def lacks(self, required: Iterable[EdgeFeature | FaultTarget]) -> list[str]:
        """Return, in words, which of these this edge doesn't declare or doesn't have."""
        required = list(required)
        processes = [one for one in required if one in _PROCESSES]
        others = [one for one in required if one not in _PROCESSES]
        lacking = [
            f"a process of the {_PROCESSES[one]}, which virtual time doesn't have"
            for one in processes
            if isinstance(one, FaultTarget)
        ]
        return lacking + missing_features(self.config, self.edge, others)

    @asynccontextmanager
    async def standing(self, simulation: Simulation) -> AsyncIterator[None]:
        """Start the provider and the tap in the simulation that runs, for the time of a block.

        Raises:
            UsageError: an application can't be loaded.
            InvalidRun: an application didn't start.
        """
        host = f"{self.name}.wire"
        numbers = itertools.count(1)
        async with AsyncExitStack() as stack:
            scratch = stack.enter_context(scratch_folder())
            stack.enter_context(numbered_by(lambda: f"{next(numbers):06d}"))
            services = await stack.enter_async_context(
                Services(self.config, self._folder, scratch, simulation)
            )
            provider = await services.start(self.edge.provider, {})
            tap = await stack.enter_async_context(
                serve_tap(
                    provider.url,
                    host,
                    PORT,
                    journal_headers=Correlator.headers(self.edge.policy),
                    redact_headers=self.config.redact_headers,
                )
            )
            proxy = LinkProxy(self.name, simulation.link(host, PORT), host)
            self.pool = pool = _Pool(self.source)
            self._standing = _Standing(scratch, pool, services, provider, tap, proxy)
            try:
                yield
            finally:
                self._standing = None

    @property
    def _now(self) -> _Standing:
        assert self._standing is not None, "only within `standing`"
        return self._standing

    @property
    def scratch(self) -> Path:
        """Where services write their files."""
        return self._now.scratch

    async def rest(self, entities: int) -> None:
        """Make entities, up to a number in all, and let what began end.

        Args:
            entities: how many; no scenario is given more.
        """
        self._now.pool.most = entities
        await self.pool.take(entities)
        await self.clock.sleep(_REST_S)

    async def further(self, count: int) -> Sequence[Testbed]:
        """Return none: scenarios don't wait in virtual time, so each follows the other."""
        return []

    def source(self) -> EntityFactory:
        """Make what makes entities at the provider, past the wire."""
        return EntityFactory(self.name, self.edge.entity, self._now.provider.url)

    async def start_consumer(self, env: Mapping[str, str]) -> None:
        """Start the consumer that `fresh_consumer` returns next, in each fork of this moment.

        Raises:
            InvalidRun: the application didn't start.
            UsageError: it can't be loaded.
        """
        self._started = await self.fresh_consumer(env)

    async def fresh_consumer(self, env: Mapping[str, str]) -> VirtualService:
        """Start a consumer that reaches the provider through the tap alone.

        Raises:
            InvalidRun: the application didn't start.
            UsageError: it can't be loaded.
        """
        if self._started is not None:
            started, self._started = self._started, None
            return started
        address = self.edge.address_at(self._now.proxy.url)
        return await self._now.services.start(self.edge.consumer, {**env, **address})

    @asynccontextmanager
    async def open_wire(self, consumer: Consumer) -> AsyncIterator[Wire]:
        """Open the wire between this consumer and its provider, for the time of a block."""
        tap = self._now.tap
        await tap.clear()
        await tap.clear_journal()
        try:
            yield Wire(self._now.proxy, tap, links=self._links())
        finally:
            await tap.clear()

    def _links(self) -> dict[str, LinkProxy]:
        """The services' ways to Valkey, by the name of the fault's target."""
        targets = {
            self.edge.provider: FaultTarget.PROVIDER_VALKEY,
            self.edge.consumer: FaultTarget.VALKEY,
        }
        ways = self._now.services.valkey_links
        return {str(target): ways[name] for name, target in targets.items() if name in ways}
