"""The testbed of processes and sockets: consumer → proxy → tap → provider."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from seatrial.config import Edge
from seatrial.errors import InvalidRun, UsageError
from seatrial.faults import Engine, Proxy, ToxiproxyError
from seatrial.system import SERVERS, Launcher, ProcessDied, Running
from seatrial.tap import RunningTap, TapClient, start_tap
from seatrial.testbed.clock import MACHINE_CLOCK
from seatrial.testbed.correlator import Correlator
from seatrial.testbed.entities import EntityFactory, EntityPool
from seatrial.testbed.lateness import Lateness
from seatrial.testbed.logs import ServiceLogs
from seatrial.testbed.requirements import EdgeFeature, missing_features
from seatrial.testbed.testbed import Consumer, Testbed
from seatrial.wires import FaultTarget, ServerService, Service, Wire


class WireTestbed(Testbed):
    """A provider with its tap and its proxy; consumers come and go in front of them."""

    def __init__(
        self,
        launcher: Launcher,
        engine: Engine,
        name: str,
        *,
        first: "WireTestbed | None" = None,
        number: int = 1,
    ) -> None:
        """Start the provider, the tap and the proxy of an edge.

        Args:
            launcher: starts the services.
            engine: makes the proxies.
            name: the edge's.
            first: another testbed of the edge, whose provider it shares; the wire is its own.
            number: tells it from the edge's other testbeds.

        Raises:
            UsageError: one of them can't be started.
        """
        self.name = name
        self.edge: Edge = launcher.config.edges[name]
        self.engine = engine
        self.engine_name = engine.name
        self.clock = MACHINE_CLOCK
        self.config = launcher.config
        self.session = launcher.session
        self._launcher = launcher
        self._links: dict[str, Proxy] = {}
        self._number = number
        self._first = first or self
        self.has_started_one = False
        """Whether a consumer, as it is configured, has started on this provider."""
        self.provider: Service = first.provider if first else self._start_provider()
        self.tap: RunningTap = start_tap(
            launcher.session,
            self.provider.url,
            name=f"tap-{self._own(name)}",
            journal_headers=Correlator.headers(self.edge.policy),
            redact_headers=self.config.redact_headers,
        )
        self.proxy = self._listening()
        self.pool: EntityPool = first.pool if first else EntityPool(self.source)
        self._lateness = Lateness()
        self._further: list[WireTestbed] = []

    def _listening(self) -> Proxy:
        own, upstream = self._own(self.name), self.tap.url.removeprefix("http://")
        try:
            return self.engine.proxy(own, upstream, self.edge.listen)
        except ToxiproxyError as error:
            if self.edge.listen is None:
                raise
            raise UsageError(
                f"edges.{self.name}.listen: the proxy can't listen at {self.edge.listen} "
                f"({error}); stop what listens there, or name another port"
            ) from None

    def _start_provider(self) -> Service:
        name, neighbours = self.edge.provider, self._launcher.neighbours
        env = neighbours.env_for(name, on_trial={}, without=(self.edge.consumer,))
        running = self._launcher.start(name, env, override=self._override)
        neighbours.adopt(name, running.url)
        return Service(self._launcher, running, self._override)

    def _own(self, name: str) -> str:
        """Return a name that none of the edge's other testbeds uses."""
        return name if self._number == 1 else f"{name}-{self._number}"

    async def further(self, count: int) -> "Sequence[WireTestbed]":
        """Return further testbeds of this edge, made when they are first asked for."""
        while len(self._further) < count:
            number = len(self._further) + 2
            make = partial(WireTestbed, self._launcher, self.engine, self.name)
            self._further.append(await asyncio.to_thread(make, first=self, number=number))
        return self._further[:count]

    def lacks(self, required: Iterable[EdgeFeature | FaultTarget]) -> list[str]:
        """Return, in words, which of these this edge doesn't declare or doesn't have."""
        return missing_features(self.config, self.edge, required)

    @property
    def repeatable(self) -> bool:
        """Whether the consumer is started here, so that each scenario can have a fresh one."""
        return self.config.services[self.edge.consumer].url is None

    @property
    def redis_url(self) -> str | None:
        """The Valkey that the services share; None where none of them asked for one."""
        return self._launcher.redis_url

    def source(self) -> EntityFactory:
        """Make what makes entities at the provider, past the wire."""
        return EntityFactory(self.name, self.edge.entity, self.provider.url)

    async def fresh_consumer(self, env: Mapping[str, str]) -> Service:
        """Start a consumer that reaches the provider through the proxy alone.

        Raises:
            InvalidRun: it can't be started, though it could before, or not with this `env`.
            UsageError: it can't be started at all, or runs already and should be given an `env`.
        """
        for last in (False, True):  # a busy machine may be too slow for it once
            try:
                running = await asyncio.to_thread(self.start_consumer, env)
            except ProcessDied as error:
                if not (env or self._first.has_started_one):
                    raise
                if last:
                    raise InvalidRun(f"the consumer can't be started: {error}") from None
            else:
                self._first.has_started_one |= not env
                return self.service(running)
        raise AssertionError

    def logs(self, consumer: Consumer) -> ServiceLogs:
        """Return what the consumer and the provider print."""
        assert isinstance(consumer, Service), "started by this testbed"
        return ServiceLogs({one.name: one.log for one in (consumer, self.provider)}, self.clock)

    def waited_for_cpu_s(self, consumer: Consumer) -> float:
        """Return how long a consumer has waited for a processor in all, and its callers for us."""
        assert isinstance(consumer, Service), "started by this testbed"
        return consumer.waited_for_cpu_s() + self._lateness.total_s

    @asynccontextmanager
    async def open_wire(self, consumer: Consumer) -> AsyncIterator[Wire]:
        """Open the wire between this consumer and its provider, for the time of a block."""
        assert isinstance(consumer, Service), "started by this testbed"
        async with self._lateness.watched(), TapClient(self.tap.control_url) as tap:
            await tap.clear()
            await tap.clear_journal()
            try:
                yield self.wire(tap, consumer)
            finally:
                await tap.clear()

    def start_consumer(self, env: Mapping[str, str]) -> Running:
        """Start a fresh consumer that reaches the provider through the proxy only.

        Raises:
            UsageError: it can't be started, or runs already and should be given an `env`.
        """
        if env and not self.repeatable:
            raise UsageError(
                f"{self.edge.consumer} runs already, so it can't be given {', '.join(env)}; "
                f"give it a command in services.{self.edge.consumer}"
            )
        on_trial = self.edge.address_at(self.proxy.url)
        others = {}
        if self.repeatable:
            name = self.edge.consumer
            others = self._launcher.neighbours.env_for(name, on_trial=on_trial)
        return self._launcher.start(
            self.edge.consumer, {**others, **env, **on_trial}, override=self._override
        )

    def _override(self, service: str, part: str, address: str) -> str:
        """Put a proxy of its own before each part that a service of the edge uses."""
        link = part if service == self.edge.consumer else f"provider-{part}"
        if link not in self._links:
            self._links[link] = self.engine.proxy(self._own(f"{self.name}-{link}"), address)
        return self._links[link].address

    def service(self, consumer: Running) -> Service:
        """A consumer that can be killed and started again."""
        return Service(self._launcher, consumer, self._override)

    def wire(self, tap: TapClient, consumer: Service) -> Wire:
        """All that stands between this consumer and its provider, to be hit by faults."""
        targets = {"provider": self.provider, "consumer": consumer}
        servers = {
            SERVERS[placeholder].link: ServerService(self._launcher, placeholder)
            for placeholder in self._launcher.started_servers
        }
        return Wire(self.proxy, tap, links=self._links, targets={**targets, **servers})
