"""What `seatrial.toml` may say. What a policy leaves out isn't declared, and so isn't checked."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Seconds = Annotated[float, Field(strict=True, gt=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Ratio = Annotated[float, Field(strict=True, ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class Section(BaseModel):
    """A table of the file: frozen, and an unknown key in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Service(Section):
    """A service: a command that is started, or a URL where it runs already."""

    command: tuple[str, ...] | None = None
    """Its words, run without a shell; "python" is the interpreter that Seatrial runs on."""
    url: Annotated[str, Field(pattern=r"^http://")] | None = None
    states_command: tuple[str, ...] | None = None
    """The same service with Pact's provider states on a port of their own."""
    env: dict[str, str] = {}
    """Added to the environment. {dir} is a folder for the run, {redis} a started Valkey's URL,
    {postgres} the URL of the service's own database on a started PostgreSQL."""
    cwd: str = "."
    """The folder that it runs in, relative to the configuration file."""
    health: str = "/health/live"
    port_env: str = "PORT"
    """The variable that tells it its port, one that was free a moment ago."""
    announces: bool = False
    """It is told port 0 instead, chooses one, and says so: a line `{"event": "listening", "data":
    {"url": …}}` on its standard output. No other process can then take the port first."""

    @model_validator(mode="after")
    def _one_way_to_reach_it(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("needs either a command or a url")
        if self.command == ():
            raise ValueError("command is empty; name the program and its arguments")
        return self


class Request(Section):
    """A request; {id} in its path is an entity's id."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: Annotated[str, Field(pattern=r"^/")]


class Edit(Request):
    """A request to the provider that changes something; {n} in its body is a new number."""

    body: dict[str, Any] = {}


class Entity(Edit):
    """How to make another entity at the provider, and how to change and remove it."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    id: str = "id"
    """The field of the answer that holds its id."""
    change: Edit | None = None
    """Its body's texts are then looked for in the consumer's answer."""
    remove: Edit | None = None


class Answer(Section):
    """How an answer of the consumer looks: its status, and what its JSON holds besides."""

    status: tuple[Annotated[int, Field(ge=100, le=599)], ...]
    fields: dict[str, Any] = {}
    """Top-level fields of the JSON body that must have these values."""


class Retry(Section):
    """A declared retry. Times are seconds."""

    attempts: Count
    backoff_s: Seconds | None = None
    """The longest wait before the second attempt."""
    growth: Annotated[float, Field(strict=True, ge=1, le=10)] = 2.0
    cap_s: Seconds | None = None
    jitter: Literal["full", "none"] = "none"
    """"full": each wait is drawn evenly from nothing to the declared one."""
    try_timeout_s: Seconds | None = None
    deadline_s: Seconds | None = None

    def waits_s(self) -> tuple[float, ...]:
        """The longest declared wait before each further attempt, seconds; empty if undeclared."""
        if self.backoff_s is None:
            return ()
        cap = self.cap_s or float("inf")
        return tuple(min(self.backoff_s * self.growth**n, cap) for n in range(self.attempts - 1))


class Breaker(Section):
    """A declared circuit breaker. Times are seconds."""

    failures: Count
    """So many in a row open it."""
    open_s: Seconds
    successes: Count = 1
    """So many successful probes close it."""
    probes: Count | None = None
    """So many calls at once are let through half-open; left out: no cap is declared."""
    order: Literal["around-retry", "inside-retry"] = "around-retry"
    """Whether one call counts as one result, or each of its attempts does."""


class Cache(Section):
    """A declared cache. Times are seconds."""

    ttl_s: Seconds
    max_entries: Count | None = None
    fresh_within_s: Seconds | None = None
    """By when a change at the provider is shown, although it was cached; less than ttl_s."""

    @model_validator(mode="after")
    def _sooner_than_expiry(self) -> Self:
        if self.fresh_within_s is not None and self.fresh_within_s >= self.ttl_s:
            raise ValueError(
                f"fresh_within_s is {self.fresh_within_s:g} and must be under ttl_s, "
                f"{self.ttl_s:g}: expiry alone would show the change by then"
            )
        return self


class Policy(Section):
    """What a consumer promises about its calls to one provider."""

    retry: Retry | None = None
    breaker: Breaker | None = None
    cache: Cache | None = None


class Control(Section):
    """A negative control: a consumer that is known to be broken, and what must be found in it."""

    explanation: str
    env: dict[str, str] = {}
    """Set on top of the consumer's environment; chooses the broken client."""
    fails: tuple[str, ...]
    """The checks that must fail, named scenario/check, and no others."""


class Edge(Section):
    """One service calling another, and the promise that it makes about it."""

    consumer: str
    provider: str
    address_env: str
    """The consumer's variable for the provider's URL; it is given the proxy's."""
    trigger: Request
    """The request to the consumer that makes it call."""
    upstream: Request
    """The request that it then makes to the provider."""
    entity: Entity
    good: Answer
    failed: Answer
    """The consumer's answer when the provider can't be reached."""
    missing: Answer = Answer(status=(404,))
    """The consumer's answer about an entity that was removed."""
    policy: Policy
    controls: dict[Name, Control] = {}


class LoadProfile(Section):
    """A load profile's size and limits; the profile itself is load/NAME.py, - as _."""

    edge: str
    rate_per_s: Annotated[float, Field(strict=True, gt=0, le=100_000, allow_inf_nan=False)]
    duration_s: Seconds
    entities: Count
    max_error_ratio: Ratio = 0.0
    min_hit_ratio: Ratio | None = None
    """Left out: nearly what a right cache reaches on the same requests."""
    max_upstream_over_oracle: Annotated[float, Field(strict=True, ge=1, le=100)] = 1.05
    """Requests at the provider, as a multiple of those of a right cache."""


class Config(Section):
    """The whole file."""

    seed: Annotated[int, Field(strict=True, ge=0)] = 1
    services: dict[Name, Service]
    edges: dict[Name, Edge] = {}
    load: dict[Name, LoadProfile] = {}

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for name, edge in self.edges.items():
            for role in ("consumer", "provider"):
                self._known(f"edges.{name}.{role}", getattr(edge, role), self.services)
        for name, profile in self.load.items():
            self._known(f"load.{name}.edge", profile.edge, self.edges)
        return self

    @staticmethod
    def _known(place: str, name: str, names: dict[str, Any]) -> None:
        if name not in names:
            known = ", ".join(names) or "none"
            raise ValueError(f"{place}: there is no {name!r}; there is: {known}")
