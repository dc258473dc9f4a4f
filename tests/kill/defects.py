"""Defects of the services that kill -9 must find, planted before they are forked."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.events.outbox import Outbox
from stubs.events.publisher import EventPublisher
from stubs.events.relay import OutboxRelay
from stubs.payments.acquirer import HttpAcquirer
from stubs.payments.schemas import Payment

# How long a window is held open that a defect has anyway.
_WINDOW_S = 0.3


def _publish_outside_the_transaction() -> None:
    """The design's own: the event is told after the write, and by another transaction."""
    add = Outbox.add
    later: set[asyncio.Task[None]] = set()

    async def add_later(
        self: Outbox, connection: AsyncConnection, stream: str, message: str
    ) -> None:
        engine = connection.engine

        async def work() -> None:
            await asyncio.sleep(_WINDOW_S)
            async with engine.connect() as other:
                prepared = await other.execution_options(begin="BEGIN IMMEDIATE")
                async with prepared.begin():
                    await add(self, prepared, stream, message)

        task = asyncio.create_task(work())
        later.add(task)
        task.add_done_callback(later.discard)

    Outbox.add = add_later  # type: ignore[method-assign]


def _forget_before_sending() -> None:
    """At most once: what is being sent is forgotten first."""
    send: Any = OutboxRelay._send

    async def slow_send(self: OutboxRelay, entries: Any) -> None:
        async with self._database.writing() as connection:
            await self._outbox.remove(connection, [each.sequence for each in entries])
        await asyncio.sleep(_WINDOW_S)
        await send(self, entries)

    OutboxRelay._send = slow_send  # type: ignore[method-assign]


def _charge_anew_on_each_try() -> None:
    """A charge whose answer was lost is made again under another name."""
    charge = HttpAcquirer.charge

    async def anew(self: HttpAcquirer, payment: Payment) -> Any:
        return await charge(self, payment.model_copy(update={"id": str(uuid.uuid4())}))

    HttpAcquirer.charge = anew  # type: ignore[method-assign]


def _tell_twice() -> None:
    """Each event is told again under another id."""
    publish: Any = EventPublisher.publish

    async def twice(self: EventPublisher, *args: Any, **kwargs: Any) -> None:
        await publish(self, *args, **kwargs)
        await publish(self, *args, **kwargs)

    EventPublisher.publish = twice  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {
    "publish-outside-the-transaction": _publish_outside_the_transaction,
    "forget-before-sending": _forget_before_sending,
    "charge-anew-on-each-try": _charge_anew_on_each_try,
    "tell-twice": _tell_twice,
}


def plant(name: str) -> None:
    """Break the services in this process, and in all that are forked from it."""
    DEFECTS[name]()
