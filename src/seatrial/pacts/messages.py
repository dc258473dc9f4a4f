"""A provider's messages: for each description in a pact, what makes the provider send it."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, Generic, TypeVar

from seatrial.errors import UsageError
from seatrial.loopback import web_page_refusal
from seatrial.pacts.asgi import (
    AsgiMessage,
    Receive,
    Send,
    answer,
    error_body,
    json_object,
    read_body,
)
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.message import METADATA_HEADER, Message, encode_metadata
from seatrial.pacts.provider_functions import ProviderFunctions

T = TypeVar("T")
PATH = "/_pact/message"


Producer = Callable[[T], Awaitable[Message]]


class Messages(ProviderFunctions[Producer[T]], Generic[T]):
    """The messages of one provider. Their producers get the running provider.

    ```python
    USER_MESSAGES: Messages[Published] = Messages("user-service")

    @USER_MESSAGES.producer("a user was created")
    async def a_user_was_created(published: Published) -> Message: ...
    ```
    """

    role = "producer of the message"

    @staticmethod
    def needed(interaction: Interaction) -> tuple[str, ...]:
        """The messages that an interaction needs."""
        return kind_of(interaction).messages(interaction)

    def producer(self, description: str) -> Callable[[Producer[T]], Producer[T]]:
        """Register the coroutine function that makes the provider send a message.

        It does what makes the provider send it, by the provider's own way, and returns what was
        sent: a message that it wrote itself would prove nothing.

        Raises:
            TypeError: it isn't a coroutine function: nobody would know whether it ran.
            ValueError: the message has a producer already.
        """
        return self._registering(description)

    async def produce(self, description: str, provider: T) -> Message:
        """Make the provider send a message.

        Raises:
            UsageError: it has no producer, or its producer returned something else.
        """
        message = await self._function(description)(provider)
        if not isinstance(message, Message):
            raise UsageError(
                f"the producer of {description!r} returned {type(message).__name__}; "
                "return the Message that was sent"
            )
        return message


class MessageEndpoint(Generic[T]):
    """Answers Pact's own request: `POST /_pact/message` with `{description}`.

    The answer is the message, its metadata in a header. A producer that raises is answered 422:
    the verifier itself would take the answer's body for the message, whatever the status.
    """

    path: ClassVar[str] = PATH
    """Where it answers."""

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
        except Exception as error:  # noqa: BLE001 - a producer's error goes to the verifier
            return await answer(send, 422, error_body(error))
        return await answer(send, 200, message.contents, headers)
