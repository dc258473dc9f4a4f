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
    """Publish as the design does: after the write, in another transaction."""
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
    """Deliver at most once: forget what is being sent first."""
    send: Any = OutboxRelay._send

    async def slow_send(self: OutboxRelay, entries: Any) -> None:
        async with self._database.writing() as connection:
            await self._outbox.remove(connection, [each.sequence for each in entries])
        await asyncio.sleep(_WINDOW_S)
        await send(self, entries)

    OutboxRelay._send = slow_send  # type: ignore[method-assign]


def _charge_again_on_each_attempt() -> None:
    """Charge again, under another name, after an answer that was lost."""
    charge = HttpAcquirer.charge

    async def again(self: HttpAcquirer, payment: Payment) -> Any:
        return await charge(self, payment.model_copy(update={"id": str(uuid.uuid4())}))

    HttpAcquirer.charge = again  # type: ignore[method-assign]


def _publish_twice() -> None:
    """Publish each event a second time, under another id."""
    publish: Any = EventPublisher.publish

    async def twice(self: EventPublisher, *args: Any, **kwargs: Any) -> None:
        await publish(self, *args, **kwargs)
        await publish(self, *args, **kwargs)

    EventPublisher.publish = twice  # type: ignore[method-assign]


DEFECTS: dict[str, Callable[[], None]] = {
    "publish-outside-the-transaction": _publish_outside_the_transaction,
    "forget-before-sending": _forget_before_sending,
    "charge-again-on-each-attempt": _charge_again_on_each_attempt,
    "publish-twice": _publish_twice,
}


def plant(name: str) -> None:
    """Break the services in this process, and in all that are forked from it."""
    DEFECTS[name]()
