"""A case: an interaction, the client call that makes it, and what the consumer makes of the answer.

It is written once and used three times: it writes the pact, it measures how strong the pact is, and
through the pact it is the stub that others test against.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from seatrial.pacts.files import interaction_id, interaction_subject
from seatrial.pacts.library import AbstractMatcher, HttpInteraction, Interaction, Pact
from seatrial.pacts.matchers import separate

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
_NO_BODY = object()


@dataclass(frozen=True)
class Given:
    """A state that the provider is in, and its parameters; made by `given`."""

    name: str
    params: Mapping[str, Any]


def given(name: str, /, **params: object) -> Given:
    """A state by the name that the provider's handler has, with what the handler needs to know."""
    return Given(name, params)


@dataclass(frozen=True)
class Request:
    """What the consumer asks. Header and query values, the path and the body may be matchers."""

    method: str
    path: str | AbstractMatcher[Any]
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | AbstractMatcher[Any]] = field(default_factory=dict)
    body: object = _NO_BODY


@dataclass(frozen=True)
class Response:
    """What the consumer needs of the answer: leave out every field that it doesn't read."""

    status: int
    body: object = _NO_BODY
    headers: Mapping[str, str | AbstractMatcher[Any]] = field(default_factory=dict)
    content_type: str = "application/json"


class Connect(Protocol[C_co]):
    """Opens the consumer's real client for a provider's address, and closes it again."""

    def __call__(self, base_url: str, /) -> AbstractAsyncContextManager[C_co]:
        """A context manager that yields the client."""
        ...


@dataclass(frozen=True)
class Pair(Generic[C]):
    """A consumer and a provider, by the names in their pact, and the client between them."""

    consumer: str
    provider: str
    connect: Connect[C]

    @property
    def file_name(self) -> str:
        """The name of the pact file, as Pact itself would call it."""
        return f"{self.consumer}-{self.provider}.json"

    def __str__(self) -> str:
        return f"{self.consumer} → {self.provider}"


@dataclass(frozen=True, kw_only=True)
class AnyCase:
    """What cases of requests and of messages have in common."""

    pair: Pair[Any]
    description: str
    """Unique together with the states' names; reads well after "the consumer asks to …"."""
    given: tuple[Given, ...] = ()
    expect: object
    """What the consumer makes of the examples; compared with ==."""

    @property
    def states(self) -> tuple[str, ...]:
        """The states' names."""
        return tuple(state.name for state in self.given)

    @property
    def id(self) -> str:
        """Its name in pytest: consumer, description, states."""
        return interaction_id(self.pair.consumer, self.description, self.states)

    @property
    def subject(self) -> str:
        """Its name in results."""
        return interaction_subject(
            self.pair.consumer, self.pair.provider, self.description, self.states
        )

    def pact(self) -> Pact:
        """A pact that holds this one interaction."""
        pact = Pact(self.pair.consumer, self.pair.provider).with_specification("V4")
        interaction = self._begin(pact)
        for state in self.given:
            interaction.given(state.name, dict(state.params))
        return pact

    def _begin(self, pact: Pact) -> Interaction:
        """Write the interaction into the pact, but for its states."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Case(AnyCase, Generic[C]):
    """One interaction, the client call that makes it, and what the consumer makes of the answer."""

    pair: Pair[C]
    request: Request
    response: Response
    call: Callable[[C], Awaitable[object]]

    def _begin(self, pact: Pact) -> Interaction:
        interaction = pact.upon_receiving(self.description)
        self._write_request(interaction)
        self._write_response(interaction)
        return interaction

    def _write_request(self, interaction: HttpInteraction) -> None:
        request = self.request
        interaction.with_request(request.method, request.path)
        interaction.with_query_parameters(request.query)
        for name, value in request.headers.items():
            interaction.with_header(name, value)
        if request.body is not _NO_BODY:
            _write_body(interaction, request.body, "application/json")

    def _write_response(self, interaction: HttpInteraction) -> None:
        interaction.will_respond_with(self.response.status)
        for name, value in self.response.headers.items():
            interaction.with_header(name, value)
        if self.response.body is not _NO_BODY:
            _write_body(interaction, self.response.body, self.response.content_type)


@dataclass(frozen=True, kw_only=True)
class MessageCase(AnyCase):
    """One message, and what the consumer's handler makes of it."""

    contents: object
    """What the consumer needs of the message; values may be matchers."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    """What it needs of what comes beside the message, such as `channel`."""
    content_type: str = "application/json"
    receive: Callable[[bytes], Awaitable[object]]
    """Gives the bytes to the consumer's real handler; returns what then can be seen of it."""

    def _begin(self, pact: Pact) -> Interaction:
        interaction = pact.upon_receiving(self.description, "Async")
        _write_body(interaction, self.contents, self.content_type)
        interaction.with_metadata(dict(self.metadata))
        return interaction


def _write_body(interaction: Interaction, body: object, content_type: str) -> None:
    plain, rules = separate(body)
    interaction.with_body(plain, content_type)  # type: ignore[arg-type] # it takes any JSON
    if rules:
        interaction.with_matching_rules({"body": rules})
