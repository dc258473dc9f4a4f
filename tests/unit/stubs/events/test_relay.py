"""The relay: all that waits, in order, until it was sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import MetaData

from stubs.database import Database, Schema
from stubs.events.channels import PAYMENT_EVENTS
from stubs.events.outbox import Outbox
from stubs.events.publisher import EventPublisher
from stubs.events.relay import OutboxRelay, RelayFailingError
from stubs.tracing import Tracer
from tests.unit.stubs.events.memory_log import LogDownError, MemoryLog

METADATA = MetaData()
OUTBOX = Outbox(METADATA)


class Stopped(Exception):  # noqa: N818 - how these tests end the relay
    """The test has seen enough."""


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open(Schema(METADATA))
    yield database
    await database.close()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


def sent(log: MemoryLog) -> list[str]:
    """All that was sent, in order."""
    return [each.message.decode() for each in log.read("user.events")]


async def fill(database: Database, *messages: str) -> None:
    """Let these wait."""
    async with database.writing() as connection:
        for message in messages:
            await OUTBOX.add(connection, "user.events", message)


async def count(database: Database) -> int:
    """Return how many wait."""
    async with database.reading() as connection:
        return await OUTBOX.count(connection)


def relay(
    database: Database, log: MemoryLog, lines: list[str] | None = None, **how: Any
) -> OutboxRelay:
    """A relay from that database to that sink."""
    tracer = Tracer("s", (lines if lines is not None else []).append)
    return OutboxRelay(database, OUTBOX, log, tracer, **how)


async def test_all_that_waits_is_sent_in_order(database: Database, log: MemoryLog) -> None:
    messages = [str(number) for number in range(250)]
    await fill(database, *messages)
    assert await relay(database, log).send_waiting() == 250
    assert sent(log) == messages
    assert [len(each) for each in log.batches] == [100, 100, 50]
    assert await count(database) == 0


async def test_what_could_not_be_sent_still_waits(database: Database, log: MemoryLog) -> None:
    await fill(database, "one", "two")
    log.refusals = 1
    with pytest.raises(LogDownError):
        await relay(database, log).send_waiting()
    assert await count(database) == 2
    assert await relay(database, log).send_waiting() == 2
    assert sent(log) == ["one", "two"]


async def test_it_tries_again_with_growing_pauses_and_says_so(
    database: Database, log: MemoryLog
) -> None:
    pauses: list[float] = []
    lines: list[str] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        assert sending.failing == "refused"
        with pytest.raises(RelayFailingError, match="refused"):
            await sending.check()
        if len(pauses) == 6:
            raise Stopped

    sending = relay(database, log, lines, sleep=pause)
    await fill(database, "one")
    log.refusals = 100
    with pytest.raises(Stopped):
        await sending.run()
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.5, 0.5]
    assert [line for line in lines if "relay_failing" in line] == lines
    assert len(lines) == 1


async def test_its_check_says_how_many_wait(database: Database, log: MemoryLog) -> None:
    await fill(database, "one", "two")
    assert await relay(database, log).check() == {"waitingEvents": 2}


async def test_what_was_undone_is_not_sent(database: Database, log: MemoryLog) -> None:
    async def change() -> None:
        async with database.writing() as connection:
            await OUTBOX.add(connection, "user.events", "never")
            raise Stopped

    with pytest.raises(Stopped):
        await change()
    assert await relay(database, log).send_waiting() == 0
    assert sent(log) == []


async def test_two_processes_of_a_service_keep_the_order_of_its_events(
    database: Database, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite can't say who else is sending; consumers go by the version")
    began, go_on = asyncio.Event(), asyncio.Event()

    class Slow(MemoryLog):
        async def append(self, messages: Sequence[tuple[str, str]]) -> None:
            began.set()
            await go_on.wait()
            await super().append(messages)

    await fill(database, "one")
    slow, quick, other = Slow(), MemoryLog(), Database(database_url)
    first = asyncio.create_task(relay(database, slow).send_waiting())
    await began.wait()
    await fill(database, "two")
    assert await relay(other, quick).send_waiting() == 0
    go_on.set()
    assert await first == 2
    assert (sent(slow), sent(quick)) == (["one", "two"], [])
    await other.close()


async def test_a_publisher_names_the_entity_as_its_channel_does(database: Database) -> None:
    publisher = EventPublisher(
        OUTBOX, PAYMENT_EVENTS, event_id=lambda: "e1", timestamp=lambda: "now"
    )
    async with database.writing() as connection:
        await publisher.publish(connection, "PAYMENT_COMPLETED", "p1", 2, {"amount": 5})
    async with database.reading() as connection:
        [entry] = await OUTBOX.waiting(connection, 10)
    assert entry.stream == "payment.events"
    assert json.loads(entry.message) == {
        "type": "PAYMENT_COMPLETED",
        "paymentId": "p1",
        "data": {"amount": 5},
        "timestamp": "now",
        "eventId": "e1",
        "version": 2,
        "traceId": None,
    }
