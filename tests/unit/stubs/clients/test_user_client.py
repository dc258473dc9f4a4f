"""The user clients: what None means, what is remembered, and how failures are borne."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from seatrial.resilience import (
    BadAnswer,
    CircuitOpen,
    Deadline,
    Overloaded,
    Rejected,
    ServiceError,
    TimedOut,
    Unavailable,
    deadline_scope,
)
from seatrial.resilience.testing import After, Dripping, ScriptedTransport, virtual_time
from stubs.clients import (
    ResilientUserServiceClient,
    SharedUser,
    UserServiceClient,
    read_user_client,
)
from stubs.settings import Environment
from stubs.tracing import traced

PROFILE: dict[str, Any] = {"id": "42", "role": "va", "name": "Ada", "version": 3}
USER: dict[str, Any] = {**PROFILE, "email": "ada@x"}


def ok(body: Any) -> httpx.Response:
    """An answer 200."""
    return httpx.Response(200, json=body)


def settings(**changes: str) -> Any:
    """The design's settings, but for these variables."""
    return read_user_client(
        Environment({f"USER_CLIENT_{name}": value for name, value in changes.items()})
    )


def plain(*steps: Any, then: Any = None, **changes: str) -> tuple[UserServiceClient, Any]:
    """A client with a cache alone, and the transport that plays these steps."""
    transport = ScriptedTransport(*steps, then=then)
    return UserServiceClient(settings(**changes), transport=transport), transport


def play(
    transport: ScriptedTransport,
    script: Callable[[ResilientUserServiceClient], Awaitable[None]],
    **changes: str,
) -> None:
    """Run the script with the resilient client, in virtual time."""
    with virtual_time() as loop:
        client = ResilientUserServiceClient(
            settings(**changes), transport=transport, clock=loop.time
        )

        async def run() -> None:
            await script(client)
            await client.close()

        loop.run(run())


async def test_a_user_is_read_tolerantly() -> None:
    client, transport = plain(ok({**USER, "avatar": None, "unknown": [1]}))
    user = await client.get_user_by_id("42")
    assert user == SharedUser(id="42", role="va", name="Ada", version=3, email="ada@x")
    assert transport.requests[0].url.path == "/users/42"


async def test_a_profile_is_asked_for_at_its_own_route() -> None:
    client, transport = plain(ok(PROFILE))
    profile = await client.get_basic_profile("42")
    assert profile is not None
    assert profile.wire == b'{"id":"42","role":"va","name":"Ada","version":3}'
    assert transport.requests[0].url.path == "/users/42/profile"


async def test_only_404_is_none() -> None:
    client, _ = plain(404, 404)
    assert await client.get_user_by_id("42") is None
    assert await client.get_basic_profile("42") is None


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (500, Unavailable),
        (httpx.ConnectError("refused"), Unavailable),
        (httpx.ReadTimeout("slow"), TimedOut),
        (429, Overloaded),
        (httpx.Response(503, headers={"retry-after": "7"}), Overloaded),
        (400, Rejected),
        (302, BadAnswer),
        (httpx.Response(200, content=b"<html>"), BadAnswer),
        (httpx.Response(200, content=b""), BadAnswer),
        (ok([]), BadAnswer),
        (ok({**USER, "id": 42}), BadAnswer),
        (ok({**USER, "role": "admin"}), BadAnswer),
        (ok({key: value for key, value in USER.items() if key != "email"}), BadAnswer),
    ],
)
async def test_whatever_else_goes_wrong_is_a_typed_error(
    step: Any, error: type[ServiceError]
) -> None:
    client, _ = plain(step)
    with traced("trace"), pytest.raises(error) as caught:
        await client.get_user_by_id("42")
    assert caught.value.service == "user-service"
    assert caught.value.operation == "get_user_by_id"
    assert caught.value.attempts == 1
    assert caught.value.trace_id == "trace"


@pytest.mark.parametrize(
    ("answer", "role", "valid"),
    [
        (ok(USER), None, True),
        (ok(USER), "va", True),
        (ok(USER), "company", False),
        (404, None, False),
    ],
)
async def test_a_user_is_valid_when_known_and_in_the_role(
    answer: Any, role: Any, valid: bool
) -> None:
    client, _ = plain(answer)
    assert await client.validate_user("42", role) is valid


async def test_validation_raises_when_it_cannot_know() -> None:
    client, _ = plain(500)
    with pytest.raises(Unavailable):
        await client.validate_user("42")


@pytest.mark.parametrize(
    ("user_id", "path"),
    [("a/b", b"/users/a%2Fb"), ("a?b#c", b"/users/a%3Fb%23c"), ("é \n", b"/users/%C3%A9%20%0A")],
)
async def test_an_id_is_one_segment_of_the_path(user_id: str, path: bytes) -> None:
    client, transport = plain(404)
    await client.get_user_by_id(user_id)
    assert transport.requests[0].url.raw_path == path


@pytest.mark.parametrize("user_id", ["", ".", ".."])
async def test_an_id_that_no_path_can_hold_is_unknown_and_not_asked_for(user_id: str) -> None:
    client, transport = plain()
    assert await client.get_user_by_id(user_id) is None
    assert transport.requests == []


async def test_the_trace_goes_with_the_request() -> None:
    client, transport = plain(ok(USER))
    with traced("trace"):
        await client.get_user_by_id("42")
    assert transport.requests[0].headers["x-trace-id"] == "trace"


async def test_the_callers_deadline_goes_with_the_request() -> None:
    client, transport = plain(ok(USER))
    with deadline_scope(Deadline.after(2.0)):
        await client.get_user_by_id("42")
    assert 0 < int(transport.requests[0].headers["x-request-deadline-ms"]) <= 2000


async def test_a_user_is_remembered_and_the_source_told() -> None:
    client, transport = plain(ok(PROFILE))
    sources = [(await client.look_up_profile("42")).source for _ in range(3)]
    assert sources == ["origin", "cache", "cache"]
    assert len(transport.requests) == 1


async def test_misses_side_by_side_make_one_request() -> None:
    client, transport = plain(ok(PROFILE))
    await asyncio.gather(*(client.get_basic_profile("42") for _ in range(20)))
    assert len(transport.requests) == 1


def test_a_user_is_remembered_for_its_time_and_no_longer() -> None:
    transport = ScriptedTransport(ok(PROFILE), ok(PROFILE))

    async def script(client: ResilientUserServiceClient) -> None:
        await client.get_basic_profile("42")
        await asyncio.sleep(299)
        assert (await client.look_up_profile("42")).source == "cache"
        await asyncio.sleep(2)
        assert (await client.look_up_profile("42")).source == "origin"

    play(transport, script)
    assert len(transport.requests) == 2


async def test_an_update_refreshes_what_is_remembered() -> None:
    client, _ = plain(ok(USER), ok(PROFILE))
    await client.get_user_by_id("42")
    await client.get_basic_profile("42")
    client.update_cached_user_data(SharedUser(**{**USER, "name": "B", "version": 4}))
    user, profile = await client.get_user_by_id("42"), await client.get_basic_profile("42")
    assert user is not None
    assert profile is not None
    assert (user.name, profile.name) == ("B", "B")
    assert b"email" not in profile.wire


async def test_an_older_update_changes_nothing() -> None:
    client, _ = plain(ok(PROFILE))
    await client.get_basic_profile("42")
    client.update_cached_user_data(SharedUser(**{**USER, "name": "old", "version": 2}))
    profile = await client.get_basic_profile("42")
    assert profile is not None
    assert profile.name == "Ada"


async def test_events_of_users_that_nobody_asked_for_are_not_kept() -> None:
    client, _ = plain()
    client.cache_user_data(SharedUser(**USER))
    client.update_cached_user_data(SharedUser(**USER))
    client.drop_cached_user("42", 9)
    assert len(client.users) == len(client.profiles) == 0


async def test_a_new_user_replaces_the_memory_that_there_is_none() -> None:
    client, _ = plain(404)
    assert await client.get_basic_profile("42") is None
    client.cache_user_data(SharedUser(**USER))
    assert await client.get_basic_profile("42") is not None


async def test_a_dropped_user_is_gone_at_once() -> None:
    client, transport = plain(ok(PROFILE))
    await client.get_basic_profile("42")
    client.drop_cached_user("42", 4)
    assert await client.get_basic_profile("42") is None
    assert len(transport.requests) == 1


async def test_an_update_during_a_request_wins_over_its_older_answer() -> None:
    changed = SharedUser(**{**USER, "name": "B", "version": 4})

    async def answer(_request: httpx.Request) -> httpx.Response:
        client.update_cached_user_data(changed)
        return ok(PROFILE)

    client, _ = plain(answer)
    await client.get_basic_profile("42")
    profile = await client.get_basic_profile("42")
    assert profile is not None
    assert profile.name == "B"


async def test_a_deletion_during_a_request_wins_over_its_older_answer() -> None:
    async def answer(_request: httpx.Request) -> httpx.Response:
        client.drop_cached_user("42", 4)
        return ok(PROFILE)

    client, _ = plain(answer)
    await client.get_basic_profile("42")
    assert await client.get_basic_profile("42") is None


def test_short_failures_are_not_noticed() -> None:
    transport = ScriptedTransport(500, httpx.ReadError("reset"), ok(PROFILE))

    async def script(client: ResilientUserServiceClient) -> None:
        assert await client.get_basic_profile("42") is not None

    play(transport, script)
    assert len(transport.requests) == 3


def test_a_call_that_failed_says_how_often_it_was_tried() -> None:
    async def script(client: ResilientUserServiceClient) -> None:
        with pytest.raises(Unavailable) as caught:
            await client.get_basic_profile("42")
        assert caught.value.attempts == 3
        assert caught.value.operation == "get_basic_profile"

    play(ScriptedTransport(then=500), script)


def test_what_the_provider_refuses_is_not_tried_again() -> None:
    transport = ScriptedTransport(400)

    async def script(client: ResilientUserServiceClient) -> None:
        with pytest.raises(Rejected):
            await client.get_basic_profile("42")

    play(transport, script)
    assert len(transport.requests) == 1


def test_the_breaker_opens_after_five_calls_and_sends_nothing() -> None:
    transport = ScriptedTransport(then=500)

    async def script(client: ResilientUserServiceClient) -> None:
        for number in range(5):
            with pytest.raises(Unavailable):
                await client.get_basic_profile(str(number))
        with pytest.raises(CircuitOpen) as caught:
            await client.get_basic_profile("6")
        assert 0 < caught.value.retry_after_s <= 60

    play(transport, script)
    assert len(transport.requests) == 15


def test_a_fresh_user_is_served_while_the_breaker_is_open() -> None:
    transport = ScriptedTransport(ok(PROFILE))

    async def script(client: ResilientUserServiceClient) -> None:
        await client.get_basic_profile("42")
        client.breaker.force_open()
        assert (await client.look_up_profile("42")).source == "cache"

    play(transport, script)


def test_an_old_user_is_served_as_stale_only_where_that_is_on() -> None:
    async def script(client: ResilientUserServiceClient) -> None:
        await client.get_basic_profile("42")
        client.breaker.force_open()
        await asyncio.sleep(301)
        if client.settings.cache.stale_if_error_s:
            assert (await client.look_up_profile("42")).source == "stale"
            await asyncio.sleep(100)
        with pytest.raises(CircuitOpen):
            await client.get_basic_profile("42")

    play(ScriptedTransport(ok(PROFILE)), script)
    play(ScriptedTransport(ok(PROFILE)), script, STALE_IF_ERROR_S="100")


@pytest.mark.parametrize("hang", [After(3600, 200), Dripping(b"x" * 100, every_s=0.4)])
def test_a_try_that_hangs_or_drips_is_aborted_in_its_time(hang: Any) -> None:
    transport = ScriptedTransport(hang, ok(PROFILE))

    async def script(client: ResilientUserServiceClient) -> None:
        assert await client.get_basic_profile("42") is not None

    play(transport, script, ATTEMPT_TIMEOUT_S="1", BACKOFF_S="0.1")
    assert transport.times_s[1] <= 1.2


@pytest.mark.parametrize(("order", "sent"), [("around-retry", 15), ("inside-retry", 5)])
def test_the_order_of_the_policies_decides_what_is_sent_before_the_trip(
    order: str, sent: int
) -> None:
    transport = ScriptedTransport(then=500)

    async def script(client: ResilientUserServiceClient) -> None:
        while not client.breaker.snapshot().opened:
            with pytest.raises(ServiceError):
                await client.get_user_by_id("42")

    play(transport, script, ORDER=order)
    assert len(transport.requests) == sent
