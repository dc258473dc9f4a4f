"""Who calls whom: the request that triggers the call, what comes of it, and what is promised."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from seatrial.config.addresses import FORM_OF_PROVIDER, provider_address
from seatrial.config.policy import DeclaredPolicy
from seatrial.config.section import Method, Name, Section, StatusCode, refuse

Path = Annotated[str, Field(pattern=r"^/")]


class DeclaredRequest(Section):
    """A request; {id} in its path or query is an entity's id."""

    method: Method = "GET"
    """Its method."""
    path: Path
    """Its path, which begins with /."""
    query: dict[str, str] = Field(default_factory=dict)
    """Parameters of the query, by name."""

    @property
    def names_entity(self) -> bool:
        """Whether it says which entity it is about."""
        return "{id}" in self.path or any("{id}" in value for value in self.query.values())


class Edit(DeclaredRequest):
    """A request with a body; {n} in its texts is a new number, {id} the entity's id."""

    body: dict[str, Any] = Field(default_factory=dict)
    """Sent as JSON."""


class Trigger(Edit):
    """The request to the consumer that makes it call."""

    headers: dict[str, str] = Field(default_factory=dict)
    """{env.NAME} is a variable of Seatrial's environment, whose value no result shows."""

    @model_validator(mode="after")
    def _asks_for_an_entity(self) -> Self:
        asks = self.names_entity or "{id}" in str(self.body)
        refuse(None if asks else "no {id} in its path, query or body: it must ask for an entity")
        return self


class Entity(Section):
    """Where entities come from: made at the provider by a request, or made up."""

    ids: Annotated[str, Field(pattern=r"\{n\}")] | None = None
    """Made up: an id with a new number for {n}, where the provider knows every id."""
    method: Method = "POST"
    """Made: the method of the request."""
    path: Path | None = None
    """Made: the provider's route that makes one."""
    query: dict[str, str] = Field(default_factory=dict)
    """Made: parameters of the query, by name."""
    body: dict[str, Any] = Field(default_factory=dict)
    """Made: sent as JSON; {n} in its texts is a new number."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Sent with each of these requests. {env.NAME} is a variable of Seatrial's environment, whose
    value no result shows: { Authorization = "Bearer {env.USERS_TOKEN}" }."""
    id: str = "id"
    """The field of the answer that holds its id."""
    change: Edit | None = None
    """Its body's texts are then looked for in the consumer's answer."""
    remove: Edit | None = None
    """The request that removes one; the consumer then answers as `missing` says."""

    @model_validator(mode="after")
    def _one_way_to_get_one(self) -> Self:
        refuse(
            "needs either path, the request that makes one, or ids, a pattern such as 'user-{n}'"
            if (self.path is None) == (self.ids is None)
            else None
        )
        return self

    @property
    def making(self) -> Edit | None:
        """The request that makes one; None where ids are made up."""
        if self.path is None:
            return None
        return Edit(method=self.method, path=self.path, query=self.query, body=self.body)


class DeclaredAnswer(Section):
    """How an answer of the consumer looks: its status, and what its JSON holds besides."""

    status: Annotated[tuple[StatusCode, ...], Field(min_length=1)]
    """Any of these."""
    fields: dict[str, Any] = Field(default_factory=dict)
    """Fields of the JSON body that must have these values; a dot goes into an object."""
    entity: str | None = None
    """The field that holds the id of the entity that the answer is about."""


class Control(Section):
    """A negative control: a consumer that is known to be broken, and what must be found in it."""

    explanation: str
    """What is broken in it, for the report."""
    env: dict[str, str] = Field(default_factory=dict)
    """Set on top of the consumer's environment; chooses the broken client."""
    fails: tuple[str, ...]
    """The checks that must fail, named scenario/check, and no others."""

    @model_validator(mode="after")
    def _checks_are_named(self) -> Self:
        wrong = [name for name in self.fails if name.count("/") != 1]
        refuse(*(f"fails: {name!r} must be written as scenario/check" for name in wrong))
        return self


class PlainEdge(Section):
    """One service calling another: all that `seatrial explore` needs to know of it."""

    consumer: str
    """The service that calls."""
    provider: str
    """The service that is called."""
    address_env: (
        Annotated[str, Field(min_length=1)]
        | Annotated[dict[str, Annotated[str, Field(pattern=FORM_OF_PROVIDER)]], Field(min_length=1)]
    )
    """The consumer's variable for the provider's URL; it is given the proxy's. Or several, each
    with its form: { USERS_URL = "{url}/v1" }, { USERS_HOST = "{host}", USERS_PORT = "{port}" }."""
    listen: Annotated[str, Field(pattern=r"^[\w.\[\]:-]+:\d{1,5}$")] | None = None
    """HOST:PORT where the proxy listens, for a consumer that runs already and has that address."""
    pact: Annotated[str, Field(min_length=1)] | None = None
    """The pact of the two, relative to the configuration file; left out: the one in contracts/pacts
    or pacts that names them."""
    policy: DeclaredPolicy = DeclaredPolicy()

    @property
    def address_variables(self) -> tuple[str, ...]:
        """The consumer's variables for the provider's address."""
        return tuple(self._address_forms)

    def address_at(self, url: str) -> dict[str, str]:
        """Return these variables for a provider at this URL."""
        return {name: provider_address(form, url) for name, form in self._address_forms.items()}

    @property
    def _address_forms(self) -> dict[str, str]:
        given = self.address_env
        return {given: "{url}"} if isinstance(given, str) else given


class Edge(PlainEdge):
    """One service calling another, and the promise that it makes about it."""

    trigger: Trigger
    """The request to the consumer that makes it call."""
    upstream: DeclaredRequest
    """The request that it then makes to the provider."""
    entity: Entity
    good: DeclaredAnswer
    """The answer after a successful call."""
    cached: DeclaredAnswer | None = None
    """The answer from the cache, where it can be distinguished from one that was just asked for."""
    stale: DeclaredAnswer | None = None
    """An old answer, served because the provider is down."""
    degraded: DeclaredAnswer | None = None
    """What it answers while the provider is down, if that isn't a failure."""
    failed: DeclaredAnswer
    """The consumer's answer when the provider can't be reached."""
    missing: DeclaredAnswer = DeclaredAnswer(status=(404,))
    """The consumer's answer about what was removed, or never was; judged where it is said."""
    policy: DeclaredPolicy
    controls: dict[Name, Control] = Field(default_factory=dict)
    """Broken consumers that must be found out, by name."""

    @model_validator(mode="after")
    def _failures_can_be_seen(self) -> Self:
        same = sorted({*self.good.status} & {*self.failed.status})
        refuse(
            f"failed looks as good does: status {same[0]}; name a status or fields that differ"
            if same and self.good.fields == self.failed.fields
            else None
        )
        return self
