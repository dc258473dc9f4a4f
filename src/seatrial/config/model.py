"""The whole of what `seatrial.toml` may say: services, edges, load."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from seatrial.config.addresses import FORM_OF_SERVICES, named_services, service_address
from seatrial.config.edges import Edge, PlainEdge
from seatrial.config.fault_kinds import FaultKind
from seatrial.config.section import Count, Header, Name, Ratio, Seconds, Section, StatusCode

POST_OF_AN_EDGE = r"^.+: POST /.*$"
Factor = Annotated[float, Field(strict=True, gt=0, le=1_000, allow_inf_nan=False)]
Milliseconds = Annotated[float, Field(strict=True, gt=0, le=600_000, allow_inf_nan=False)]


class DeclaredService(Section):
    """A service: a command that is started, a URL where it runs, or a pact in its place.

    In virtual time it is an application.
    """

    command: tuple[str, ...] | None = None
    """Its words, run without a shell; "python" is the interpreter that Seatrial runs on. Programs
    and files are relative to `cwd`; programs in its .venv/bin and node_modules/.bin come before
    those on PATH. {port} and {host} are where it shall listen, {dir} is a folder for the run."""
    app: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")] | None = None
    """The ASGI application that `--virtual` runs: module:attribute, as in "shop.main:app"."""
    factory: bool = False
    """`app` is a function without arguments that returns the application. Without it, the
    application's modules are imported again for each scenario."""
    url: Annotated[str, Field(pattern=r"^http://")] | None = None
    """Where it runs already; it is neither started nor stopped."""
    pact: Annotated[str, Field(min_length=1)] | None = None
    """A pact file, relative to `cwd`, that is served: what a consumer expects of the service."""
    openapi: Annotated[str, Field(min_length=1)] | None = None
    """Its OpenAPI document: where the running service publishes it, such as "/openapi.json", or a
    file relative to `cwd`."""
    states_command: tuple[str, ...] | None = None
    """The same service with Pact's provider states on a port of their own."""
    env: dict[str, str] = Field(default_factory=dict)
    """Added to the environment. {dir} is a folder for the run, {port} and {host} are where it
    shall listen, {redis} is a started Valkey's URL, {postgres} the URL of the
    service's own database on a started PostgreSQL."""
    wire_env: dict[str, str] = Field(default_factory=dict)
    """On top of `env` when it is started as a process: times that are short enough to wait for."""
    virtual_env: dict[str, str] = Field(default_factory=dict)
    """On top of `env` in virtual time."""
    cwd: str = "."
    """The folder that it runs in, relative to the configuration file."""
    health: Annotated[str, Field(pattern=r"^(/|$)")] = "/health/live"
    """Asked until it answers 2xx; "": it serves once it has announced itself, or takes a
    connection."""
    start_within_s: Seconds = 20.0
    """The longest that it may take until it is healthy."""
    port_env: str = "PORT"
    """The variable for its port, one that was free a moment ago."""
    addresses: dict[str, Annotated[str, Field(pattern=FORM_OF_SERVICES)]] = Field(
        default_factory=dict
    )
    """Variables for the addresses of services that it needs and that no edge gives it: variable =
    service. Or a form of it: "{users}/v1", "{users.host}", "{users.port}"."""
    announces: bool = False
    """It is given port 0 instead, chooses one, and says so: a line `{"event": "listening", "data":
    {"url": …}}` on its standard output. No other process can then take the port first."""

    def uses(self, part: str) -> bool:
        """Whether it is given the URL of a server that is started for it, "redis" or "postgres"."""
        return any(f"{{{part}}}" in value for value in self.env.values())

    @property
    def neighbours(self) -> tuple[str, ...]:
        """The services that `addresses` names."""
        return tuple(
            dict.fromkeys(one for form in self.addresses.values() for one in named_services(form))
        )

    def addresses_at(self, urls: Mapping[str, str]) -> dict[str, str]:
        """Return the variables of `addresses`, with these services at these URLs."""
        return {name: service_address(form, urls) for name, form in self.addresses.items()}

    def with_env(self, further: dict[str, str]) -> Self:
        """Return it with further variables; which hold where is decided."""
        decided = {"env": {**self.env, **further}, "wire_env": {}, "virtual_env": {}}
        return self.model_copy(update=decided)

    @model_validator(mode="after")
    def _one_way_to_reach_it(self) -> Self:
        ways = sum(way is not None for way in (self.command, self.url, self.pact))
        if ways > 1 or (ways == 0 and self.app is None):
            raise ValueError("needs one of a command, a url and a pact, or an app")
        if self.factory and self.app is None:
            raise ValueError("factory is about app, which is missing; name the function in app")
        if self.command == ():
            raise ValueError("command is empty; name the program and its arguments")
        return self


class Gateway(DeclaredService):
    """What stands before the services for those outside: `seatrial up --gateway`."""

    health: Annotated[str, Field(pattern=r"^(/|$)")] = ""
    """As a service's; by default it serves once it takes a connection."""


class LoadLimits(Section):
    """What a load run must keep, as a whole or in one phase; what is left out isn't checked.

    Counts and ratios come first, since a busy machine doesn't change them. Times are seconds, but
    for the one limit in milliseconds, which is for a machine of one's own.
    """

    hit_ratio_min: Ratio | None = None
    """Good answers from the cache, as a share of all good answers to reads."""
    hit_ratio_of_oracle_min: Ratio | None = None
    """The same, as a share of what a right cache reaches on the same requests."""
    error_ratio_max: Ratio | None = None
    """Requests that weren't answered well, as a share of all that were sent."""
    upstream_over_oracle_max: Factor | None = None
    """Requests at the provider, as a multiple of the most that a right cache makes."""
    upstream_under_oracle_min: Ratio | None = None
    """The same, as a share of the fewest that a cache with the declared TTL can make."""
    hit_p50_of_miss_p50_max: Factor | None = None
    """The median hit, as a share of the median miss."""
    hit_p99_max_ms: Milliseconds | None = None
    """All but one in a hundred answers from the cache take no longer."""
    staleness_max_s: Seconds | None = None
    """No read may show an entity's old state so long after its change was committed."""
    goodput_min: Ratio | None = None
    """Arrivals that were answered well within `deadline_s`, as a share of all that were due."""
    deadline_s: Seconds | None = None
    """What "in time" means for goodput and recovery; left out: the edge's declared deadline."""
    amplification_max: Factor | None = None
    """Requests at the provider for each read that was sent."""
    answers_min: Count | None = None
    """With fewer answers a run is invalid; left out: 200."""
    recovery_max_s: Seconds | None = None
    """By when after a fault's end nearly all is well again."""
    extra: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(default_factory=dict)
    """Limits that plugins register, by their names."""


class LoadProfile(Section):
    """What a system changes about a load profile; the profile itself is load/NAME.py, - as _."""

    edge: str | None = None
    """Left out: the one that the profile names."""
    rate_per_s: (
        Annotated[float, Field(strict=True, gt=0, le=100_000, allow_inf_nan=False)] | None
    ) = None
    """The run's mean rate; its phases keep their proportions."""
    duration_s: Seconds | None = None
    """The run's length; its phases keep their proportions."""
    entities: Count | None = None
    """The number of different ones that are asked for; left out: as the profile says."""
    limits: LoadLimits = LoadLimits()
    """On top of the profile's own, for the run as a whole."""
    phase_limits: dict[str, LoadLimits] = Field(default_factory=dict)
    """On top of the profile's own, by the name of a phase."""


class Explore(Section):
    """What `seatrial explore` holds a journey to where no edge declares more. Times are seconds."""

    degraded: tuple[StatusCode, ...] = (502, 503, 504)
    """Statuses under faults that say honestly that something is unavailable; other 5xx break a
    promise. Every 4xx may be an answer."""
    answers_within_s: Seconds = 30.0
    """By when every request of a journey is answered."""
    recovers_within_s: Seconds = 10.0
    """By when after the last fault the journey works again; a breaker's `open_s` is added."""
    pauses_s: Seconds = 1.0
    """For how long a paused process stands still."""
    kinds: tuple[FaultKind, ...] = ()
    """Only these kinds of faults are tried, by name or by their first word: ["status-500", "reset",
    "kill"]; left out: all."""
    idempotent: tuple[Annotated[str, Field(pattern=POST_OF_AN_EDGE)], ...] = ()
    """POSTs that have one effect however often they are sent, by edge, method and route as results
    name them: ["news: POST /subscriptions"]."""


_CALLED = {"trigger", "upstream", "entity", "good", "failed"}


class Config(Section):
    """The whole file."""

    extend: str | None = None
    """A file in the same folder that says the rest. What is said here goes before it, key by key,
    but a service that is named here again is described here alone."""
    seed: Annotated[int, Field(strict=True, ge=0)] = 1
    """What all that is drawn at random depends on: the same seed, the same draws."""
    plugins: tuple[Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*$")], ...] = ()
    """Python modules that register faults, HTTP actions, toxics, checks or limits of your own;
    found next to this file or among the installed packages."""
    redact_headers: tuple[Header, ...] = ()
    """Headers whose value no journal and no result may hold; credentials and cookies never are."""
    services: dict[Name, DeclaredService]
    """The services of the system, by name."""
    edges: dict[Name, Edge] = Field(default_factory=dict)
    """Who calls whom, by a name that `--edge` takes."""
    plain_edges: dict[Name, PlainEdge] = Field(default_factory=dict)
    """Those of `edges` that say who calls whom, and not how to make them call: `seatrial explore`
    puts faults on them, and nothing else uses them."""
    explore: Explore = Explore()
    load: dict[Name, LoadProfile] = Field(default_factory=dict)
    """What differs here from the load profiles, by their names."""
    gateway: Gateway | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain_edges_apart(cls, data: Any) -> Any:
        edges = data.get("edges") if isinstance(data, dict) else None
        if not isinstance(edges, dict):
            return data
        plain = {
            name: one
            for name, one in edges.items()
            if isinstance(one, dict) and _CALLED.isdisjoint(one)
        }
        rest = {name: one for name, one in edges.items() if name not in plain}
        return {**data, "edges": rest, "plain_edges": plain} if plain else data

    @property
    def all_edges(self) -> dict[str, PlainEdge]:
        """Every edge, also those that say no more than who calls whom."""
        return {**self.edges, **self.plain_edges}

    def for_wire(self) -> Self:
        """Return what holds for processes and sockets: `wire_env` and `policy.wire` are applied."""
        services = {name: one.with_env(one.wire_env) for name, one in self.services.items()}
        edges = {
            name: edge.model_copy(update={"policy": edge.policy.for_wire()})
            for name, edge in self.edges.items()
        }
        plain = {
            name: edge.model_copy(update={"policy": edge.policy.for_wire()})
            for name, edge in self.plain_edges.items()
        }
        gateway = self.gateway and self.gateway.with_env(self.gateway.wire_env)
        changes = {"services": services, "edges": edges, "plain_edges": plain, "gateway": gateway}
        return self.model_copy(update=changes)

    def for_virtual_time(self) -> Self:
        """Return what holds in virtual time: `virtual_env` is applied, and `policy.wire` isn't."""
        services = {name: one.with_env(one.virtual_env) for name, one in self.services.items()}
        edges = {
            name: edge.model_copy(update={"policy": edge.policy.for_virtual_time()})
            for name, edge in self.edges.items()
        }
        plain = {
            name: edge.model_copy(update={"policy": edge.policy.for_virtual_time()})
            for name, edge in self.plain_edges.items()
        }
        changes = {"services": services, "edges": edges, "plain_edges": plain}
        return self.model_copy(update=changes)
