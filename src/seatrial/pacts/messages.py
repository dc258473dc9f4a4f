"""A provider's messages: for each description in a pact, what makes the provider send it."""

import base64
import inspect
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from seatrial.errors import UsageError
from seatrial.loopback import web_page_refusal
from seatrial.pacts.asgi import AsgiMessage, Receive, Send, answer, json_object, read_body, told
from seatrial.pacts.files import Interaction

T = TypeVar("T")
PATH = "/_pact/message"
METADATA_HEADER = "pact-message-metadata"


@dataclass(frozen=True)
class Message:
    """A message as it was sent, byte for byte."""

    contents: bytes
    metadata: Mapping[str, object] = field(default_factory=dict)
    """What came beside it, such as the channel."""
    content_type: str = "application/json"


Producer = Callable[[T], Awaitable[Message]]


class Messages(Generic[T]):
    """The messages of one provider. Their producers get the running provider.

    ```python
    USER_MESSAGES: Messages[Published] = Messages("user-service")

    @USER_MESSAGES.producer("a user was created")
    async def a_user_was_created(published: Published) -> Message: ...
    ```
    """

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._producers: dict[str, Producer[T]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The messages that have a producer, in order of description."""
        return tuple(sorted(self._producers))

    def producer(self, description: str) -> Callable[[Producer[T]], Producer[T]]:
        """Register the coroutine function that makes the provider send a message.

        It does what makes the provider send it, by the provider's own way, and returns what was
        sent: a message that it wrote itself would prove nothing.

        Raises:
            TypeError: it isn't a coroutine function: nobody would know whether it ran.
            ValueError: the message has a producer already.
        """

        def register(producer: Producer[T]) -> Producer[T]:
            if not inspect.iscoroutinefunction(producer):
                raise TypeError(f"the producer of {description!r} must be an `async def`")
            if description in self._producers:
                raise ValueError(f"{self.provider} has a producer of {description!r} already")
            self._producers[description] = producer
            return producer

        return register

    async def produce(self, description: str, provider: T) -> Message:
        """Make the provider send a message.

        Raises:
            UsageError: it has no producer, or its producer returned something else.
        """
        if description not in self._producers:
            raise UsageError(self._unknown(description))
        message = await self._producers[description](provider)
        if not isinstance(message, Message):
            raise UsageError(
                f"the producer of {description!r} returned {type(message).__name__}; "
                "return the Message that was sent"
            )
        return message

    def require(self, interactions: Iterable[Interaction]) -> None:
        """Refuse a pact with a message that has no producer, before anything is verified.

        Raises:
            UsageError: it names the interaction and the messages that are known.
        """
        for interaction in interactions:
            if interaction.is_message and interaction.description not in self._producers:
                raise UsageError(f"{interaction.subject}: {self._unknown(interaction.description)}")

    def _unknown(self, description: str) -> str:
        known = ", ".join(map(repr, self.names)) or "none"
        return (
            f"{self.provider} has no producer of the message {description!r} (known: {known}); "
            "mend the description, or write the producer"
        )


class MessageEndpoint(Generic[T]):
    """Answers Pact's own request: `POST /_pact/message` with `{description}`.

    The answer is the message, its metadata in a header. A producer that raises is answered 422:
    the verifier itself would take the answer's body for the message, whatever the status.
    """

    def __init__(self, messages: Messages[T], provider: T) -> None:
        """Serve the messages of a provider, which the producers get."""
        self._messages = messages
        self._provider = provider

    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        """Be an ASGI application."""
        if problem := web_page_refusal(scope["headers"]):
            return await answer(send, 403, {"detail": problem})
        if (scope["method"], scope["path"]) != ("POST", PATH):
            return await answer(send, 404, {"detail": f"ask POST {PATH}"})
        try:
            description = str(json_object(await read_body(receive)).get("description"))
            message = await self._messages.produce(description, self._provider)
            headers = {
                "content-type": message.content_type,
                METADATA_HEADER: encode_metadata(message.metadata),
            }
        except Exception as error:  # noqa: BLE001 - a producer's error is told to the verifier
            return await answer(send, 422, told(error))
        return await answer(send, 200, message.contents, headers)


def encode_metadata(metadata: Mapping[str, object]) -> str:
    """Metadata as Pact writes it into a header."""
    return base64.b64encode(json.dumps(metadata).encode()).decode()


def decode_metadata(header: str) -> Mapping[str, Any]:
    """Metadata as Pact writes it into a header; an absent one is none.

    Raises:
        ValueError: it isn't that.
    """
    value = json.loads(base64.b64decode(header, validate=True)) if header else {}
    if not isinstance(value, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004 - as the others that it raises
    return value
