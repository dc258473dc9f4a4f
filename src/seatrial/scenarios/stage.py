"""The wire of one edge, as it is played: consumer → proxy → tap → provider."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from seatrial.config import Edge
from seatrial.errors import InvalidRun
from seatrial.faults import Engine
from seatrial.scenarios.edge import LiveEdge
from seatrial.scenarios.source import Source
from seatrial.system import Launcher, Running
from seatrial.tap import RunningTap, TapClient, start_tap


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
        self.provider: Running = launcher.start(self.edge.provider)
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
            self.edge.consumer, {**env, self.edge.address_env: self.proxy.url}
        )

    @asynccontextmanager
    async def live(self, consumer: Running, entities: list[str]) -> AsyncIterator[LiveEdge]:
        """The edge with this consumer, proved to be on our wire.

        Raises:
            InvalidRun: its calls don't come through our proxy, so nothing can be judged.
        """
        async with TapClient(self.tap.control_url) as tap, self.source() as source:
            await tap.clear()
            await tap.clear_journal()
            edge = LiveEdge(self.edge, consumer.url, tap, self.proxy, source, entities)
            try:
                await self._prove_reach(edge)
                yield edge
            finally:
                await edge.close()
                await tap.clear()

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
