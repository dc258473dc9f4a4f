"""A change and its event are one: both are written, or neither."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.database import Database
from stubs.events.publisher import UserEventPublisher
from stubs.tracing import traced
from stubs.user import store
from stubs.user.schemas import CreateUser, PatchUser, SharedUser
from stubs.user.service import UserService
from stubs.user.store import EmailTakenError

Waiting = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def database(database_url: str) -> Any:
    database = Database(database_url)
    await database.open(store.SCHEMA)
    yield database
    await database.close()


@pytest.fixture
def waiting(database: Database) -> Waiting:
    async def read() -> list[dict[str, Any]]:
        async with database.reading() as connection:
            entries = await store.OUTBOX.waiting(connection, 100)
        return [json.loads(entry.message) for entry in entries]

    return read


@pytest.fixture
def service(database: Database) -> UserService:
    numbers = iter(range(1, 100))
    publisher = UserEventPublisher(
        store.OUTBOX, event_id=lambda: f"e{next(numbers)}", timestamp=lambda: "now"
    )
    return UserService(database, publisher, new_id=lambda: f"u{next(numbers)}")


ADA = CreateUser(email="ada@x", role="va", verificationLevel="basic")


async def test_each_change_leaves_its_event_in_order(
    service: UserService, waiting: Waiting
) -> None:
    with traced("trace"):
        user = await service.create(ADA)
        await service.change(user.id, PatchUser(name="Ada"))
        await service.remove(user.id)
    created, updated, deleted = await waiting()
    data = {"id": "u1", "email": "ada@x", "role": "va", "verificationLevel": "basic"}
    assert created == {
        "type": "USER_CREATED",
        "userId": "u1",
        "data": data,
        "timestamp": "now",
        "eventId": "e2",
        "version": 1,
        "traceId": "trace",
    }
    assert (updated["type"], updated["version"]) == ("USER_UPDATED", 2)
    assert updated["data"] == {**data, "name": "Ada"}
    assert (deleted["type"], deleted["version"]) == ("USER_DELETED", 3)
    assert deleted["data"] == {"id": "u1"}


async def test_a_change_that_names_nothing_tells_nobody(
    service: UserService, waiting: Waiting
) -> None:
    user = await service.create(ADA)
    await service.change(user.id, PatchUser())
    assert len(await waiting()) == 1


async def test_a_refused_change_leaves_no_event(service: UserService, waiting: Waiting) -> None:
    await service.create(ADA)
    with pytest.raises(EmailTakenError):
        await service.create(ADA)
    assert len(await waiting()) == 1


async def test_a_change_whose_event_cannot_be_written_is_undone(
    database: Database, service: UserService, waiting: Waiting
) -> None:
    class Failing(UserEventPublisher):
        async def user_created(
            self, connection: AsyncConnection, user_id: str, version: int, data: object
        ) -> None:
            raise RuntimeError("no event")

    failing = UserService(database, Failing(store.OUTBOX))
    with pytest.raises(RuntimeError, match="no event"):
        await failing.create(ADA)
    assert await waiting() == []
    assert (await service.create(ADA)).email == "ada@x"  # the address is still free


async def test_who_waits_for_changes_is_told_after_the_commit(database: Database) -> None:
    seen: list[str] = []
    service = UserService(
        database, UserEventPublisher(store.OUTBOX), committed=lambda: seen.append("published")
    )
    await service.create(ADA)
    assert seen == ["published"]
    with pytest.raises(EmailTakenError):
        await service.create(ADA)
    assert seen == ["published"]


async def test_two_processes_may_create_the_tables_and_write_at_once(database_url: str) -> None:
    databases = [Database(database_url), Database(database_url)]
    await asyncio.gather(*(database.open(store.SCHEMA) for database in databases))
    services = [UserService(each, UserEventPublisher(store.OUTBOX)) for each in databases]
    requests = [CreateUser(email=f"{number}@x", role="va") for number in range(10)]
    made = await asyncio.gather(
        *(service.create(request) for request in requests for service in services),
        return_exceptions=True,
    )
    taken = [each for each in made if isinstance(each, EmailTakenError)]
    users = [each for each in made if isinstance(each, SharedUser)]
    assert (len(taken), len(users)) == (10, 10)
    assert await services[1].get(users[0].id) == users[0]
    for database in databases:
        await database.close()


# The caller's deadline passed; the database is down.
EVERYWHERE = {"408", "503"}


async def test_the_document_names_every_answer(users: httpx.AsyncClient) -> None:
    document = (await users.get("/openapi.json")).json()
    statuses = {
        (path, method): sorted(operation["responses"].keys() - EVERYWHERE)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/users")
    }
    for path, operations in document["paths"].items():
        for operation in operations.values() if path.startswith("/users") else ():
            assert operation["responses"].keys() >= EVERYWHERE
    assert statuses == {
        ("/users", "get"): ["200", "422"],
        ("/users", "post"): ["201", "400", "409", "413", "422"],
        ("/users/{user_id}", "get"): ["200", "404"],
        ("/users/{user_id}", "patch"): ["200", "400", "404", "409", "413", "422"],
        ("/users/{user_id}", "delete"): ["204", "404", "413"],
        ("/users/{user_id}/profile", "get"): ["200", "404"],
    }
    assert {"CreateUser", "PatchUser", "SharedUser", "UserProfile"} <= set(
        document["components"]["schemas"]
    )
    assert "HTTPValidationError" not in json.dumps(document)
