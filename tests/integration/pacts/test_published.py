"""A service's messages, seen in the stream: one message a change, or a sentence."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from contracts.states.published import Published
from contracts.states.shipped.provider import empty
from seatrial.system import Session, Valkey, start_valkey
from stubs.database import Database
from stubs.events import connect_redis
from stubs.events.outbox import OutboxEntry
from stubs.events.relay import OutboxRelay
from stubs.tracing import Tracer
from stubs.user import store
from stubs.user.app import UserSettings, create_app
from stubs.user.schemas import CreateUser
from stubs.user.service import UserService

STREAM = "user.events"


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    """A real one."""
    with Session() as session:
        yield start_valkey(session)


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[Redis]:
    """A connection to it."""
    redis = connect_redis(valkey.url)
    yield redis
    await redis.aclose()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """The one of the service."""
    database = Database(f"sqlite:///{tmp_path}/users.sqlite")
    yield database
    await database.close()


@pytest.fixture
async def service(
    tmp_path: Path, valkey: Valkey, request: pytest.FixtureRequest
) -> AsyncIterator[UserService]:
    """user-service as it ships; with the parameter False its relay has nowhere to send to."""
    relays = getattr(request, "param", True)
    settings = UserSettings(f"sqlite:///{tmp_path}/users.sqlite", valkey.url if relays else None)
    app = create_app(settings, Tracer("user-service", lambda _: None))
    async with app.router.lifespan_context(app):
        yield app.state.service


@pytest.fixture
def published(service: UserService, database: Database, redis: Redis) -> Published[UserService]:
    """Return what it publishes."""
    return Published(service, database, store.OUTBOX, redis, longest_s=2)


async def create(service: UserService, name: str = "a") -> None:
    """Make a user."""
    request = CreateUser.model_validate({"email": f"{name}@example.com", "role": "va"})
    await service.create(request)


async def test_the_one_message_is_the_streams_own_bytes(
    published: Published[UserService], redis: Redis
) -> None:
    message = await published.by(STREAM, create)
    newest: Any = await redis.xrevrange(STREAM, count=1)
    assert message.contents == newest[0][1][b"event"]
    assert message.metadata == {"channel": STREAM}


async def test_what_was_sent_before_is_not_taken_for_it(published: Published[UserService]) -> None:
    await published.by(STREAM, create)
    message = await published.by(STREAM, lambda service: create(service, "b"))
    assert b"b@example.com" in message.contents


async def test_a_change_that_publishes_nothing_is_told(published: Published[UserService]) -> None:
    async def nothing(_service: UserService) -> None: ...

    with pytest.raises(RuntimeError, match=r"published 0 messages on user\.events instead of 1"):
        await published.by(STREAM, nothing)


async def test_a_change_that_publishes_twice_is_told(published: Published[UserService]) -> None:
    async def two(service: UserService) -> None:
        await create(service, "a")
        await create(service, "b")

    with pytest.raises(RuntimeError, match=r"published 2 messages on user\.events instead of 1"):
        await published.by(STREAM, two)


@pytest.mark.parametrize("service", [False], indirect=True)
async def test_a_relay_that_does_not_send_is_told(published: Published[UserService]) -> None:
    with pytest.raises(RuntimeError, match="1 events still wait in the outbox after 2 s"):
        await published.by(STREAM, create)


async def test_what_was_being_sent_when_the_tables_were_emptied_is_not_taken_for_it(
    service: UserService,
    database: Database,
    published: Published[UserService],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sending, may_send, send = asyncio.Event(), asyncio.Event(), OutboxRelay._send

    async def held(relay: OutboxRelay, entries: list[OutboxEntry]) -> None:
        sending.set()
        await may_send.wait()
        await send(relay, entries)

    monkeypatch.setattr(OutboxRelay, "_send", held)
    await create(service)
    await sending.wait()
    await empty(database, store.METADATA, keep=store.OUTBOX.table)
    # Later than a look at the stream takes that doesn't wait for it.
    asyncio.get_running_loop().call_later(0.3, may_send.set)
    message = await published.by(STREAM, lambda service: create(service, "b"))
    assert b"b@example.com" in message.contents
