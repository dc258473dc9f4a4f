"""The group of processes that clean up, over a real Valkey."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from redis.asyncio import Redis

from seatrial.system import Session, Valkey, start_valkey
from stubs.background import background_tasks
from stubs.database import DatabaseDown
from stubs.events import BadEvent, EventType, RedisLog, UserEvent, connect_redis
from stubs.events.group import UserEventGroup
from stubs.tracing import Tracer, current_trace_id

STREAM, DEAD = "user.events", "user.events.dead"
Handle = Callable[[UserEvent], Awaitable[None]]


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Session() as session:
        yield start_valkey(session)


@pytest.fixture
async def redis(valkey: Valkey) -> AsyncIterator[Redis]:
    client = connect_redis(valkey.url)
    await client.flushall()
    yield client
    await client.aclose()


def event(number: int, user_id: str = "u") -> UserEvent:
    """An event of a user."""
    return UserEvent(
        EventType.USER_DELETED, user_id, {"id": user_id}, "now", f"e{number}", number, f"t{number}"
    )


async def send(redis: Redis, *events: UserEvent | bytes) -> None:
    """Add these to the stream."""
    for each in events:
        raw = each if isinstance(each, bytes) else each.encode().encode()
        await redis.xadd(STREAM, {"event": raw})


@asynccontextmanager
async def reading(redis: Redis, handle: Handle, **how: Any) -> AsyncIterator[UserEventGroup]:
    """A process of the group, that runs in the background."""
    how = {"idle_s": 60.0, **how}
    group = UserEventGroup(RedisLog(redis), "market", handle, Tracer("m", lambda _: None), **how)
    async with background_tasks(group.run()):
        yield group


async def until(fact: Callable[[], Any], within_s: float = 20.0) -> None:
    """Wait until the fact holds."""
    async with asyncio.timeout(within_s):
        while not await _true(fact):  # noqa: ASYNC110 - what it waits for is in another process
            await asyncio.sleep(0.01)


async def _true(fact: Callable[[], Any]) -> bool:
    found = fact()
    return bool(await found if asyncio.iscoroutine(found) else found)


async def pending(redis: Redis) -> int:
    """Return how many were given out and not ended."""
    return int((await redis.xpending(STREAM, "market"))["pending"])


async def dead_letters(redis: Redis) -> list[dict[bytes, bytes]]:
    """Return what was put aside."""
    entries: Any = await redis.xrange(DEAD)
    return [fields for _, fields in entries]


async def test_each_event_is_handled_by_one_process_in_its_own_trace(redis: Redis) -> None:
    seen: list[tuple[str, str | None, int]] = []

    def handler(number: int) -> Handle:
        async def handle(each: UserEvent) -> None:
            seen.append((each.event_id, current_trace_id(), number))
            await asyncio.sleep(0)

        return handle

    await send(redis, *(event(number) for number in range(5)))  # before there was a group
    async with AsyncExitStack() as stack:
        for number in range(3):
            await stack.enter_async_context(reading(redis, handler(number)))
        await send(redis, *(event(number) for number in range(5, 200)))
        await until(lambda: len(seen) >= 200)
        await until(lambda: _none_pending(redis))
    assert min(seen)[:2] == ("e0", "t0")
    assert len({each for each, _, _ in seen}) == len(seen) == 200


async def test_what_a_dead_process_left_is_taken_over(redis: Redis) -> None:
    begun, seen = asyncio.Event(), []

    async def hang(_event: UserEvent) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def handle(each: UserEvent) -> None:
        seen.append(each.event_id)

    async with reading(redis, hang):
        await send(redis, event(1), event(2))
        await begun.wait()
    assert await pending(redis) == 2
    async with reading(redis, handle, idle_s=0.05):
        await send(redis, event(3))
        await until(lambda: len(seen) == 3)
        await until(lambda: _none_pending(redis))
    assert sorted(seen) == ["e1", "e2", "e3"]


async def _none_pending(redis: Redis) -> bool:
    return await pending(redis) == 0


async def test_what_cannot_be_handled_is_put_aside_with_its_reason_and_blocks_nobody(
    redis: Redis,
) -> None:
    seen: list[str] = []

    async def handle(each: UserEvent) -> None:
        if each.user_id == "bad":
            raise BadEvent("it is bad")
        if each.user_id == "broken":
            raise KeyError("broken")
        seen.append(each.event_id)

    async with reading(redis, handle) as group:
        await send(redis, b"{", event(1, "bad"), event(2, "broken"), event(3))
        await redis.xadd(STREAM, {"other": "field"})
        await send(redis, event(4))
        await until(lambda: seen == ["e3", "e4"])
        await until(lambda: group.dead == 4)
        await until(lambda: _none_pending(redis))
        assert group.handled == 2
    letters = await dead_letters(redis)
    assert [letter[b"reason"] for letter in letters] == [
        b"it isn't JSON",
        b"it is bad",
        b"it wasn't handled after 3 attempts: 'broken'",
        b"it has no field 'event'",
    ]
    assert all(set(letter) == {b"event", b"reason", b"id", b"failedAt"} for letter in letters)


async def test_an_event_that_ends_whoever_handles_it_is_put_aside_in_the_end(
    redis: Redis,
) -> None:
    seen: list[str] = []

    async def handle(each: UserEvent) -> None:
        seen.append(each.event_id)

    await redis.xgroup_create(STREAM, "market", id="0", mkstream=True)
    await send(redis, event(1))
    await redis.xreadgroup("market", "first", {STREAM: ">"})
    for number in range(4):  # four more processes took it over, and died
        await redis.xautoclaim(STREAM, "market", f"next-{number}", min_idle_time=0)
    async with reading(redis, handle, idle_s=0.01) as group:
        await until(lambda: group.dead == 1)
        await send(redis, event(2))
        await until(lambda: seen == ["e2"])
    [letter] = await dead_letters(redis)
    assert letter[b"reason"] == b"it wasn't handled after 5 deliveries"


async def test_a_database_that_is_down_is_waited_for_and_nothing_is_put_aside(
    redis: Redis,
) -> None:
    seen: list[str] = []
    down = True

    async def handle(each: UserEvent) -> None:
        if down:
            raise DatabaseDown("it is down")
        seen.append(each.event_id)

    async with reading(redis, handle) as group:
        await send(redis, event(1), event(2))
        await until(lambda: group.failing == "it is down")
        down = False
        await until(lambda: seen == ["e1", "e2"])
        await until(lambda: not group.failing)
    assert await redis.exists(DEAD) == 0


async def test_a_redis_that_lost_all_it_had_gets_its_group_again(redis: Redis) -> None:
    seen: list[str] = []

    async def handle(each: UserEvent) -> None:
        seen.append(each.event_id)

    async with reading(redis, handle) as group:
        await send(redis, event(1))
        await until(lambda: seen == ["e1"])
        await redis.flushall()
        await send(redis, event(2))
        await until(lambda: seen == ["e1", "e2"])
        await until(lambda: not group.failing)


async def test_a_redis_that_is_down_is_told_and_found_again(valkey: Valkey) -> None:
    seen: list[str] = []

    async def handle(each: UserEvent) -> None:
        seen.append(each.event_id)

    client = connect_redis(valkey.url)
    await client.flushall()
    async with reading(client, handle) as group:
        await until(lambda: not group.failing)
        valkey.process.pause()
        try:
            await until(lambda: group.failing)
        finally:
            valkey.process.resume()
        with suppress(Exception):
            await client.ping()
        await send(client, event(1))
        await until(lambda: seen == ["e1"])
    await client.aclose()
