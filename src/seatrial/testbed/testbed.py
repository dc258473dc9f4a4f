"""The wire of one edge, as it is played: consumer → proxy → tap → provider."""

from collections.abc import Iterable, Mapping

from seatrial.config import Edge
from seatrial.errors import UsageError
from seatrial.faults import Engine, Proxy
from seatrial.system import SERVERS, Launcher, Running
from seatrial.tap import RunningTap, TapClient, start_tap
from seatrial.testbed.correlator import Correlator
from seatrial.testbed.entities import EntityFactory, EntityPool
from seatrial.testbed.requirements import EdgeFeature, missing_features
from seatrial.wires import FaultTarget, ServerService, Service, Wire


class Testbed:
    """A provider with its tap and its proxy; consumers come and go in front of them."""

    __test__ = False
    """No test class, whatever its name begins with."""

    def __init__(
        self,
        launcher: Launcher,
        engine: Engine,
        name: str,
        *,
        beside: "Testbed | None" = None,
        number: int = 1,
    ) -> None:
        """Start the provider, the tap and the proxy of an edge.

        Args:
            launcher: starts the services.
            engine: makes the proxies.
            name: the edge's.
            beside: another testbed of the edge, whose provider it shares; the wire is its own.
            number: told apart from the testbeds beside it by this.

        Raises:
            UsageError: one of them can't be started.
        """
        self.name = name
        self.edge: Edge = launcher.config.edges[name]
        self.engine = engine
        self.config = launcher.config
        self.session = launcher.session
        self.budget_full_s = 0.0
        """When a consumer that runs already has its whole retry budget again, monotonic seconds."""
        self._launcher = launcher
        self._links: dict[str, Proxy] = {}
        self._number = number
        self.provider: Service = beside.provider if beside else self._start_provider()
        self.tap: RunningTap = start_tap(
            launcher.session,
            self.provider.url,
            name=f"tap-{self._own(name)}",
            journal_headers=Correlator.headers(self.edge.policy),
            redact_headers=self.config.redact_headers,
        )
        self.proxy = engine.proxy(
            self._own(name), self.tap.url.removeprefix("http://"), self.edge.listen
        )
        self.pool: EntityPool = beside.pool if beside else EntityPool(self.source)
        self._others: list[Testbed] = []

    def _start_provider(self) -> Service:
        running = self._launcher.start(self.edge.provider, override=self._override)
        return Service(self._launcher, running, self._override)

    def _own(self, name: str) -> str:
        """A name for this testbed's own, told apart from those of the testbeds beside it."""
        return name if self._number == 1 else f"{name}-{self._number}"

    def others(self, count: int) -> list["Testbed"]:
        """So many further testbeds of this edge, made when they are first asked for."""
        while len(self._others) < count:
            number = len(self._others) + 2
            self._others.append(
                Testbed(self._launcher, self.engine, self.name, beside=self, number=number)
            )
        return self._others[:count]

    def lacks(self, required: Iterable[EdgeFeature | FaultTarget]) -> list[str]:
        """Return, in words, which of these this edge doesn't declare or doesn't have."""
        return missing_features(self.config, self.edge, required)

    @property
    def repeatable(self) -> bool:
        """Whether each scenario can have a consumer that was started for it."""
        return self.config.services[self.edge.consumer].url is None

    @property
    def redis_url(self) -> str | None:
        """The Valkey that the services share; None where none of them asked for one."""
        return self._launcher.redis_url

    def source(self) -> EntityFactory:
        """Makes entities at the provider, beside the wire."""
        return EntityFactory(self.name, self.edge.entity, self.provider.url)

    def start_consumer(self, env: Mapping[str, str]) -> Running:
        """Start a fresh consumer that reaches the provider through the proxy only.

        Raises:
            UsageError: it can't be started, or runs already and should be told something.
        """
        if env and not self.repeatable:
            raise UsageError(
                f"{self.edge.consumer} runs already, so it can't be told {', '.join(env)}; "
                f"give it a command in services.{self.edge.consumer}"
            )
        return self._launcher.start(
            self.edge.consumer,
            {**env, self.edge.address_env: self.proxy.url},
            override=self._override,
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
