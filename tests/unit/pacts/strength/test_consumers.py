"""The real client as a judge: made anew for each answer, answered without a network."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from seatrial.errors import UsageError
from seatrial.pacts.answers import Answer, HttpAnswer
from seatrial.pacts.consumers import ClientConsumer, HandlerConsumer, Reaction

GOOD = HttpAnswer(b'{"name": "Ada"}', 200, (("content-type", "application/json"),))


@dataclass
class Pair:
    """Has a client."""

    connect: object


@dataclass
class PlainCase:
    """Has a call."""

    call: Callable[[Any], Awaitable[object]]
    pair: Pair
    subject: str = "web → users: get a user"


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=base_url) as client:
        yield client


async def name(client: httpx.AsyncClient) -> object:
    answer = await client.get("/users/1")
    answer.raise_for_status()
    return answer.json()["name"]


def take(consumer: ClientConsumer | HandlerConsumer, *answers: Answer) -> list[Reaction]:
    async def all_of_them() -> list[Reaction]:
        return [await consumer.take(answer) for answer in answers]

    with consumer.ready():
        return asyncio.run(all_of_them())


def test_a_client_is_given_the_answer() -> None:
    assert take(ClientConsumer(PlainCase(name, Pair(connect))), GOOD) == [Reaction("Ada")]


def test_an_error_is_told_by_its_kind() -> None:
    (made,) = take(ClientConsumer(PlainCase(name, Pair(connect))), HttpAnswer(b"{}", 200))
    assert made.error == "KeyError"
    assert not made.same(Reaction("Ada"))
    assert made.same(Reaction(error="KeyError", message="another field"))


def test_a_framing_that_no_longer_fits_is_left_out() -> None:
    answer = HttpAnswer(GOOD.body, 200, (("content-length", "9"), ("content-encoding", "gzip")))
    assert take(ClientConsumer(PlainCase(name, Pair(connect))), answer) == [Reaction("Ada")]


def test_a_client_of_threads_is_answered_as_well() -> None:
    async def plainly(_: httpx.AsyncClient) -> object:
        with httpx.Client(base_url="http://provider.invalid") as client:
            return client.get("/users/1").json()["name"]  # noqa: ASYNC212 - what is tested

    assert take(ClientConsumer(PlainCase(plainly, Pair(connect))), GOOD) == [Reaction("Ada")]


@asynccontextmanager
async def plainly(base_url: str) -> AsyncIterator[str]:
    """A client that is no more than the address."""
    yield base_url


async def name_by_other_means(base_url: str) -> object:
    def ask() -> bytes:
        with urllib.request.urlopen(f"{base_url}/users/1") as answer:  # noqa: S310 - loopback
            return bytes(answer.read())

    return json.loads(await asyncio.to_thread(ask))["name"]


def test_a_client_that_asks_by_other_means_is_given_the_answers_at_an_address() -> None:
    case = PlainCase(name_by_other_means, Pair(plainly))
    answers = (GOOD, HttpAnswer(b"{}", 200), HttpAnswer(GOOD.body, 503), HttpAnswer(b"", 204))
    made = take(ClientConsumer(case), *answers)
    assert made[0] == Reaction("Ada")
    assert [one.error for one in made[1:]] == ["KeyError", "HTTPError", "JSONDecodeError"]


def test_a_client_that_asks_nobody_is_no_judge() -> None:
    async def nothing(_: httpx.AsyncClient) -> object:
        return "Ada"

    with pytest.raises(UsageError, match="asked nothing of the address"):
        take(ClientConsumer(PlainCase(nothing, Pair(connect))), GOOD)


def test_httpx_is_itself_again_afterwards() -> None:
    before = dict(vars(httpx.AsyncHTTPTransport)), dict(vars(httpx.HTTPTransport))
    take(ClientConsumer(PlainCase(name, Pair(connect))), GOOD)
    assert (dict(vars(httpx.AsyncHTTPTransport)), dict(vars(httpx.HTTPTransport))) == before


def test_a_handler_is_given_the_messages_bytes() -> None:
    @dataclass
    class Case:
        async def receive(self, body: bytes) -> object:
            return body.decode()

    assert take(HandlerConsumer(Case()), HttpAnswer(b"hello")) == [Reaction("hello")]
