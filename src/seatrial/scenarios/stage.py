"""The wire of one edge, as it is played: consumer → proxy → tap → provider."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from seatrial.config import Edge
from seatrial.errors import InvalidRun
from seatrial.faults import Engine, Proxy
from seatrial.scenarios.edge import LiveEdge
from seatrial.scenarios.source import Source
from seatrial.system import Launcher, Running
from seatrial.tap import RunningTap, TapClient, start_tap
from seatrial.wires import Service, ValkeyService, Wire


class Stage:
    """A provider with its tap and its proxy; consumers come and go in front of them."""

    def __init__(self, launcher: Launcher, engine: Engine, name: str) -> None:
        """Start the provider, the tap and the proxy of an edge.

        Raises:
            UsageError: one of them can't be started.
        """
        self.name = name
        self.edge: Edge = launcher.config.edges[name]
        self.engine = engine
        self.config = launcher.config
        self.session = launcher.session
        self._launcher = launcher
        self._links: dict[str, Proxy] = {}
        self.provider = Service(
            launcher, launcher.start(self.edge.provider, detour=self._detour), self._detour
        )
        self.tap: RunningTap = start_tap(launcher.session, self.provider.url, name=f"tap-{name}")
        self.proxy = engine.proxy(name, self.tap.url.removeprefix("http://"))

    @property
    def redis_url(self) -> str | None:
        """The Valkey that the services share; None where none of them asked for one."""
        return self._launcher.redis_url

    def source(self) -> Source:
        """Makes entities at the provider, beside the wire."""
        return Source(self.name, self.edge.entity, self.provider.url)

    def start_consumer(self, env: Mapping[str, str]) -> Running:
        """Start a fresh consumer that reaches the provider through the proxy only."""
        return self._launcher.start(
            self.edge.consumer,
            {**env, self.edge.address_env: self.proxy.url},
            detour=self._detour,
        )

    def _detour(self, service: str, part: str, address: str) -> str:
        """Put a proxy of its own before each part that a service of the edge uses."""
        link = part if service == self.edge.consumer else f"provider-{part}"
        if link not in self._links:
            self._links[link] = self.engine.proxy(f"{self.name}-{link}", address)
        return self._links[link].address

    def _wire(self, tap: TapClient, consumer: Service) -> Wire:
        victims = {"provider": self.provider, "consumer": consumer}
        shared = self._launcher.redis_url is not None
        valkey = {"valkey": ValkeyService(self._launcher)} if shared else {}
        return Wire(self.proxy, tap, links=self._links, victims={**victims, **valkey})

    @asynccontextmanager
    async def live(self, consumer: Running, entities: list[str]) -> AsyncIterator[LiveEdge]:
        """The edge with this consumer, proved to be on our wire.

        Raises:
            InvalidRun: its calls don't come through our proxy, so nothing can be judged.
        """
        async with TapClient(self.tap.control_url) as tap, self.source() as source:
            await tap.clear()
            await tap.clear_journal()
            lives = Service(self._launcher, consumer, self._detour)
            edge = LiveEdge(self.edge, consumer.url, self._wire(tap, lives), source, entities)
            try:
                await self._prove_reach(edge)
                yield edge
            finally:
                await edge.close()
                await tap.clear()
                await asyncio.to_thread(lives.stop)

    async def _prove_reach(self, edge: LiveEdge) -> None:
        call = await edge.call("reach")
        if not (await edge.evidence()).attempts_of(call):
            raise InvalidRun(
                f"no call of {self.edge.consumer} reached the proxy: is {self.edge.address_env} "
                f"read? (it answered {call.status or call.detail})"
            )
        if call.outcome != "good":
            raise InvalidRun(
                f"{self.edge.consumer} answers {call.status or call.detail} while all is well; "
                f"edges.{self.name}.good declares {list(self.edge.good.status)}"
            )
