"""A case: an interaction, the client call that makes it, and what the consumer makes of the answer.

It is written once and used three times: it writes the pact, it measures how strong the pact is, and
through the pact it is the stub that others test against.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from seatrial.pacts.bodies import is_json, media_type
from seatrial.pacts.consumers import ClientConsumer, Consumer, HandlerConsumer
from seatrial.pacts.interactions import interaction_id, interaction_subject
from seatrial.pacts.library import AbstractMatcher, HttpInteraction, Interaction, Mismatch, Pact
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.matchers import separate

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
_NO_BODY = object()
_HOST = "127.0.0.1"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Given:
    """A state that the provider is in, and its parameters; made by `given`."""

    name: str
    params: Mapping[str, Any]


def given(name: str, /, **params: object) -> Given:
    """A state by the name that the provider's handler has, with what the handler needs to know."""
    return Given(name, params)


Values = str | AbstractMatcher[Any] | Sequence[str | AbstractMatcher[Any]]
"""A header's value, or several where the header is repeated."""


@dataclass(frozen=True)
class Request:
    """The consumer's request. Header and query values, the path and the body may be matchers."""

    method: str
    path: str | AbstractMatcher[Any]
    query: Mapping[str, Any] = field(default_factory=dict)
    """A list is a parameter that is repeated."""
    headers: Mapping[str, Values] = field(default_factory=dict)
    body: object = _NO_BODY
    """JSON with matchers; bytes as they are; a text, or the fields of a form, by its type."""
    content_type: str = "application/json"


@dataclass(frozen=True)
class Response:
    """The part of the answer that the consumer needs, without the fields that it doesn't read."""

    status: int
    body: object = _NO_BODY
    """As a request's."""
    headers: Mapping[str, Values] = field(default_factory=dict)
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


@dataclass(frozen=True)
class Exercised:
    """The outcome between the consumer and Pact."""

    answer: object
    error: Exception | None
    mismatches: tuple[Mismatch, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AnyCase(ABC):
    """The part that cases of all kinds have in common."""

    pair: Pair[Any]
    description: str
    """Unique together with the states' names; reads well after "the consumer asks to …"."""
    given: tuple[Given, ...] = ()
    expect: object
    """The consumer's result for the examples; compared with ==."""

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

    @property
    @abstractmethod
    def promise(self) -> str:
        """The sentence for a consumer that keeps it."""

    @property
    @abstractmethod
    def taken(self) -> str:
        """The thing that the consumer takes, before the case's description."""

    @abstractmethod
    def exercise(self, pact: Pact) -> Exercised:
        """Let the consumer meet the provider that the pact plays."""

    @abstractmethod
    def consumer(self) -> Consumer:
        """The consumer as a judge of answers that nobody sent."""

    @abstractmethod
    def _begin(self, pact: Pact) -> Interaction:
        """Write the interaction into the pact, but for its states."""


@dataclass(frozen=True, kw_only=True)
class Case(AnyCase, Generic[C]):
    """One interaction, the client call that makes it, and what the consumer makes of the answer."""

    pair: Pair[C]
    request: Request
    response: Response
    call: Callable[[C], Awaitable[object]]

    @property
    def promise(self) -> str:
        """It asks, and takes the answer."""
        return f"{self.pair.consumer} asks as its case says and makes the expected of the answer"

    @property
    def taken(self) -> str:
        """An answer."""
        return "the answer of"

    def exercise(self, pact: Pact) -> Exercised:
        """Let the consumer's client ask a provider that answers as the case says."""
        return asyncio.run(self._ask(pact))

    async def _ask(self, pact: Pact) -> Exercised:
        with pact.serve(_HOST, raises=False, verbose=False) as server:
            url = f"http://{_HOST}:{server.port}"
            answer, error = None, None
            try:
                with quick_http(url):
                    async with self.pair.connect(url) as client:
                        answer = await self.call(client)
            except Exception as raised:  # noqa: BLE001 - whatever it is, it is the case's outcome
                error = raised
            return Exercised(answer, error, tuple(server.mismatches))

    def consumer(self) -> Consumer:
        """The client, a new one for each answer."""
        return ClientConsumer(self)

    def _begin(self, pact: Pact) -> Interaction:
        interaction = pact.upon_receiving(self.description)
        self._write_request(interaction)
        self._write_response(interaction)
        return interaction

    def _write_request(self, interaction: HttpInteraction) -> None:
        request = self.request
        interaction.with_request(request.method, request.path)
        for name, value in _each(request.query):
            interaction.with_query_parameter(name, value)
        for name, value in _each(request.headers):
            interaction.with_header(name, value)
        if request.body is not _NO_BODY:
            _write_body(interaction, request.body, request.content_type)

    def _write_response(self, interaction: HttpInteraction) -> None:
        interaction.will_respond_with(self.response.status)
        for name, value in _each(self.response.headers):
            interaction.with_header(name, value)
        if self.response.body is not _NO_BODY:
            _write_body(interaction, self.response.body, self.response.content_type)


@dataclass(frozen=True, kw_only=True)
class MessageCase(AnyCase):
    """One message, and what the consumer's handler makes of it."""

    contents: object
    """The part of the message that the consumer needs; values may be matchers."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    """The part that it needs of what comes with the message, such as `channel`."""
    content_type: str = "application/json"
    receive: Callable[[bytes], Awaitable[object]]
    """Gives the bytes to the consumer's real handler; returns what then can be seen of it."""

    @property
    def promise(self) -> str:
        """It takes the message."""
        return f"{self.pair.consumer} makes the expected of the message"

    @property
    def taken(self) -> str:
        """A message."""
        return "the message"

    def exercise(self, pact: Pact) -> Exercised:
        """Hand the message over once; Pact itself would pass one without contents over."""
        messages: list[bytes] = []
        pact.verify(lambda contents, _: messages.append(_bytes(contents)), "Async", raises=True)
        (message,) = messages
        try:
            return Exercised(asyncio.run(self._receive(message)), None)
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is the case's outcome
            return Exercised(None, raised)

    async def _receive(self, message: bytes) -> object:
        return await self.receive(message)

    def consumer(self) -> Consumer:
        """The handler."""
        return HandlerConsumer(self)

    def _begin(self, pact: Pact) -> Interaction:
        interaction = pact.upon_receiving(self.description, "Async")
        _write_body(interaction, self.contents, self.content_type)
        interaction.with_metadata(dict(self.metadata))
        return interaction


def _each(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, values in fields.items():
        for value in values if isinstance(values, list | tuple) else (values,):
            yield name, value


def _write_body(interaction: Interaction, body: object, content_type: str) -> None:
    if isinstance(body, bytes):
        interaction.with_binary_body(body, content_type)
        return
    if isinstance(body, Mapping) and media_type(content_type) == _FORM:
        body = urlencode(list(_each(body)))
    if isinstance(body, str) and not is_json(content_type):
        interaction.with_body(body, content_type)
        return
    plain, rules = separate(body)
    interaction.with_body(plain, content_type)  # type: ignore[arg-type] # it takes any JSON
    if rules:
        interaction.with_matching_rules({"body": rules})


def _bytes(contents: str | bytes | None) -> bytes:
    return contents.encode() if isinstance(contents, str) else contents or b""
