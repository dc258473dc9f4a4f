"""The wire of one edge, as it is played: consumer → proxy → tap → provider."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from seatrial.config import Edge
from seatrial.errors import InvalidRun, UsageError
from seatrial.faults import Engine, Proxy
from seatrial.scenarios.caller import Caller, patience_s
from seatrial.scenarios.edge import LiveEdge
from seatrial.scenarios.scenario import Scenario
from seatrial.scenarios.source import Pool, Source
from seatrial.scenarios.witness import Witness
from seatrial.system import Launcher, Running
from seatrial.tap import RunningTap, TapClient, start_tap
from seatrial.wires import Service, ValkeyService, Wire

_PARTS = {
    "change": "entity.change, a way to change an entity at the provider",
    "remove": "entity.remove, a way to remove an entity at the provider",
    "post": "an upstream request that isn't safe to repeat",
    "process": "a command that starts the consumer",
    "provider-process": "a command that starts the provider",
    "redis": "a consumer that uses {redis}",
    "provider-redis": "a provider that uses {redis}",
    "postgres": "a consumer that uses {postgres}",
    "provider-postgres": "a provider that uses {postgres}",
}
"""What a scenario may need of a system, in words."""


class Stage:
    """A provider with its tap and its proxy; consumers come and go in front of them."""

    def __init__(
        self,
        launcher: Launcher,
        engine: Engine,
        name: str,
        *,
        beside: "Stage | None" = None,
        number: int = 1,
    ) -> None:
        """Start the provider, the tap and the proxy of an edge.

        Args:
            launcher: starts the services.
            engine: makes the proxies.
            name: the edge's.
            beside: another stage of the edge, whose provider it shares; the wire is its own.
            number: told apart from the stages beside it by this.

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
            journal_headers=Witness.headers(self.edge.policy),
            redact_headers=self.config.redact_headers,
        )
        self.proxy = engine.proxy(
            self._own(name), self.tap.url.removeprefix("http://"), self.edge.listen
        )
        self.pool: Pool = beside.pool if beside else Pool(self.source)
        self._others: list[Stage] = []

    def _start_provider(self) -> Service:
        running = self._launcher.start(self.edge.provider, detour=self._detour)
        return Service(self._launcher, running, self._detour)

    def _own(self, name: str) -> str:
        """A name for this stage's own, told apart from those of the stages beside it."""
        return name if self._number == 1 else f"{name}-{self._number}"

    def others(self, count: int) -> list["Stage"]:
        """So many further stages of this edge, made when they are first asked for."""
        while len(self._others) < count:
            number = len(self._others) + 2
            self._others.append(
                Stage(self._launcher, self.engine, self.name, beside=self, number=number)
            )
        return self._others[:count]

    def lacks(self, scenario: Scenario) -> list[str]:
        """What a scenario needs and this edge doesn't declare, or doesn't have."""
        edge = self.edge
        has = {
            "change": edge.entity.change is not None,
            "remove": edge.entity.remove is not None,
            "post": edge.upstream.method in ("POST", "PATCH"),
            "process": self.repeatable,
            "provider-process": self.config.services[edge.provider].url is None,
        }
        for prefix, service in (("", edge.consumer), ("provider-", edge.provider)):
            for part in ("redis", "postgres"):
                has[f"{prefix}{part}"] = self.config.services[service].uses(part)
        lacking = [f"edges.{self.name}.policy.{name}" for name in scenario.lacks(edge.policy)]
        return lacking + [_PARTS[part] for part in scenario.parts if not has[part]]

    @property
    def repeatable(self) -> bool:
        """Whether each scenario can have a consumer that was started for it."""
        return self.config.services[self.edge.consumer].url is None

    @property
    def redis_url(self) -> str | None:
        """The Valkey that the services share; None where none of them asked for one."""
        return self._launcher.redis_url

    def source(self) -> Source:
        """Makes entities at the provider, beside the wire."""
        return Source(self.name, self.edge.entity, self.provider.url)

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
            detour=self._detour,
        )

    def _detour(self, service: str, part: str, address: str) -> str:
        """Put a proxy of its own before each part that a service of the edge uses."""
        link = part if service == self.edge.consumer else f"provider-{part}"
        if link not in self._links:
            self._links[link] = self.engine.proxy(self._own(f"{self.name}-{link}"), address)
        return self._links[link].address

    def service(self, consumer: Running) -> Service:
        """A consumer that can be killed and started again."""
        return Service(self._launcher, consumer, self._detour)

    def wire(self, tap: TapClient, consumer: Service) -> Wire:
        """All that stands between this consumer and its provider, to be hit by faults."""
        victims = {"provider": self.provider, "consumer": consumer}
        shared = self._launcher.redis_url is not None
        valkey = {"valkey": ValkeyService(self._launcher)} if shared else {}
        return Wire(self.proxy, tap, links=self._links, victims={**victims, **valkey})

    @asynccontextmanager
    async def live(self, consumer: Service, entities: list[str]) -> AsyncIterator[LiveEdge]:
        """The edge with this consumer, proved to be on our wire.

        Args:
            consumer: started by this stage; whoever started it ends it.
            entities: ids that nobody has asked it for yet.

        Raises:
            InvalidRun: its calls don't come through our proxy, so nothing can be judged.
        """
        async with TapClient(self.tap.control_url) as tap, self.source() as source:
            await tap.clear()
            await tap.clear_journal()
            caller = Caller(self.edge, consumer.url, consumer.ending)
            edge = LiveEdge(self.edge, caller, self.wire(tap, consumer), source, entities)
            try:
                if not self.repeatable:
                    await edge.settle()
                await self._prove_reach(edge)
                yield edge
            finally:
                await caller.close()
                await tap.clear()

    async def _prove_reach(self, edge: LiveEdge) -> None:
        call = await edge.call("reach")
        said = f"{self.edge.consumer} answered {call.status or call.detail}"
        if call.status is None and "Timeout" in call.detail:
            raise InvalidRun(
                f"{self.edge.consumer} gave no answer within {patience_s(self.edge):g} s "
                "while all was well"
            )
        if not (await edge.evidence()).attempts_of(call):
            others = await edge.wire.journal()
            if others:
                seen = f"{others[0].method} {others[0].path}"
                raise InvalidRun(
                    f"what reached the proxy is not edges.{self.name}.upstream, "
                    f"{self.edge.upstream.method} {self.edge.upstream.path}: it saw {seen}; {said}"
                )
            raise InvalidRun(
                f"no call reached the proxy: is {self.edge.address_env} read? ({said})"
            )
        if call.outcome != "good":
            raise InvalidRun(
                f"{said} while all was well, which is not what edges.{self.name}.good declares "
                f"(status {list(self.edge.good.status)}, fields {self.edge.good.fields})"
            )
