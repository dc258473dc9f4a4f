"""A provider's messages: who makes them, and how they are asked for."""

import json
from typing import Any

import httpx
import pytest

from seatrial.errors import UsageError
from seatrial.pacts.asgi import by_path
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.message import METADATA_HEADER, Message, decode_metadata, encode_metadata
from seatrial.pacts.messages import PATH, MessageEndpoint, Messages


def registry() -> Messages[list[str]]:
    """Messages of a provider that is a list of what it was asked."""
    messages: Messages[list[str]] = Messages("user-service")

    @messages.producer("it rained")
    async def it_rained(provider: list[str]) -> Message:
        provider.append("rained")
        return Message(b'{"mm": 3}', {"channel": "weather"})

    @messages.producer("it failed")
    async def it_failed(_provider: list[str]) -> Message:
        raise KeyError("mm")

    @messages.producer("it lied")
    async def it_lied(_provider: list[str]) -> Any:
        return b"{}"

    return messages


def message(description: str, kind: str = "Asynchronous/Messages") -> Interaction:
    """An interaction as a pact has it."""
    return Interaction("web", "user-service", {"description": description, "type": kind})


async def ask(body: object, path: str = PATH, method: str = "POST") -> httpx.Response:
    """Ask the endpoint."""
    app = by_path({PATH: MessageEndpoint(registry(), [])})
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await http.request(method, path, content=content)


async def test_a_message_is_answered_as_it_was_sent() -> None:
    answer = await ask({"description": "it rained", "providerStates": []})
    assert (answer.status_code, answer.content) == (200, b'{"mm": 3}')
    assert answer.headers["content-type"] == "application/json"
    assert decode_metadata(answer.headers[METADATA_HEADER]) == {"channel": "weather"}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"description": "it failed"}, "KeyError: 'mm'"),
        ({"description": "it lied"}, "the producer of 'it lied' returned bytes; return the Mess"),
        ({"description": "it snowed"}, "user-service has no producer of the message 'it snowed'"),
        ({}, "no producer of the message 'None'"),
        ([], "the body must be a JSON object"),
        (b"{", "the body is not JSON"),
    ],
)
async def test_what_goes_wrong_is_answered_422_with_its_words(body: object, detail: str) -> None:
    answer = await ask(body)
    assert answer.status_code == 422
    assert detail in answer.json()["detail"]
    assert "Traceback" in answer.json()["traceback"]


@pytest.mark.parametrize(("path", "method"), [(PATH, "GET"), ("/_pact/other", "POST")])
async def test_another_address_is_404_and_says_what_to_ask(path: str, method: str) -> None:
    answer = await ask({}, path, method)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "ask POST /_pact/message"}


def test_a_producer_must_be_a_coroutine_function() -> None:
    with pytest.raises(TypeError, match="must be an `async def`"):
        registry().producer("x")(lambda provider: Message(b""))  # type: ignore[arg-type, return-value]


def test_a_message_has_one_producer() -> None:
    async def again(provider: list[str]) -> Message:
        return Message(b"")

    with pytest.raises(ValueError, match="has a producer of the message 'it rained' already"):
        registry().producer("it rained")(again)


def test_a_message_without_producer_is_refused_before_anything_is_verified() -> None:
    registry().require([message("it rained"), message("it snowed", "Synchronous/HTTP")])
    with pytest.raises(UsageError) as raised:
        registry().require([message("it snowed")])
    assert str(raised.value) == (
        "web → user-service: it snowed: user-service has no producer of the message 'it snowed' "
        "(known: 'it failed', 'it lied', 'it rained'); fix the name, or write the producer"
    )


def test_metadata_survives_its_header() -> None:
    metadata = {"channel": "ä", "n": 1}
    assert decode_metadata(encode_metadata(metadata)) == metadata
    assert decode_metadata("") == {}


@pytest.mark.parametrize("header", ["{}", "W10=", "e30", "%"])
def test_a_header_that_holds_no_metadata_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_metadata(header)
