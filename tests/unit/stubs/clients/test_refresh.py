"""Events reach the client's hooks, and trust follows the subscriber."""

from typing import Any

import httpx
import pytest

from seatrial.resilience.testing import ScriptedTransport
from stubs.clients import UserCacheRefresher, UserServiceClient, read_user_client
from stubs.events import BadEvent, EventType, UserEvent
from stubs.settings import Environment

DATA = {"id": "42", "email": "ada@x", "role": "va", "name": "B"}


def event(kind: EventType, data: dict[str, Any], version: int = 2) -> UserEvent:
    """An event about user 42."""
    return UserEvent(kind, "42", data, "now", "e", version, None)


@pytest.fixture
def transport() -> ScriptedTransport:
    return ScriptedTransport(
        then=lambda _: httpx.Response(200, json={"id": "42", "role": "va", "version": 1})
    )


@pytest.fixture
def client(transport: ScriptedTransport) -> UserServiceClient:
    return UserServiceClient(read_user_client(Environment({})), transport=transport)


async def test_before_the_stream_is_found_nothing_counts_as_fresh(
    client: UserServiceClient, transport: ScriptedTransport
) -> None:
    refresher = UserCacheRefresher(client)
    await client.get_basic_profile("42")
    assert (await client.look_up_profile("42")).source == "origin"
    refresher.caught_up()
    assert (await client.look_up_profile("42")).source == "cache"
    assert len(transport.requests) == 2


@pytest.mark.parametrize("kind", [EventType.USER_CREATED, EventType.USER_UPDATED])
async def test_a_change_refreshes_the_user(client: UserServiceClient, kind: EventType) -> None:
    refresher = UserCacheRefresher(client)
    refresher.caught_up()
    await client.get_basic_profile("42")
    await refresher.handle(event(kind, DATA))
    found = await client.look_up_profile("42")
    assert found.value is not None
    assert (found.value.name, found.value.version, found.source) == ("B", 2, "cache")


async def test_a_deletion_drops_the_user(client: UserServiceClient) -> None:
    refresher = UserCacheRefresher(client)
    refresher.caught_up()
    await client.get_basic_profile("42")
    await refresher.handle(event(EventType.USER_DELETED, {"id": "42"}))
    assert await client.get_basic_profile("42") is None


async def test_a_lost_connection_asks_the_origin_and_catching_up_ends_it(
    client: UserServiceClient,
) -> None:
    refresher = UserCacheRefresher(client)
    refresher.caught_up()
    await client.get_basic_profile("42")
    refresher.lost()
    assert (await client.look_up_profile("42")).source == "origin"
    refresher.caught_up()
    assert (await client.look_up_profile("42")).source == "cache"


async def test_missed_events_forget_everything(client: UserServiceClient) -> None:
    refresher = UserCacheRefresher(client)
    refresher.caught_up()
    await client.get_basic_profile("42")
    refresher.forgotten()
    assert len(client.profiles) == 0


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"id": "42"}, "its data isn't a user's: role, email"),
        ({**DATA, "role": 1}, "role"),
        ({**DATA, "id": "43"}, "userId"),
    ],
)
async def test_data_that_is_no_users_is_a_bad_event(
    client: UserServiceClient, data: dict[str, Any], why: str
) -> None:
    with pytest.raises(BadEvent, match=why):
        await UserCacheRefresher(client).handle(event(EventType.USER_UPDATED, data))
