"""Events on their way out: written to the outbox, in the transaction that makes them true.

The design publishes after the write, fire and forget: a crash in between loses the event.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.events.channels import USER_EVENTS, Channel
from stubs.events.messages import EventType, encode
from stubs.events.outbox import Outbox
from stubs.tracing import current_trace_id
from stubs.tracing.tracer import now_iso


def _new_event_id() -> str:
    return str(uuid.uuid4())


class EventPublisher:
    """Publishes the changes of one kind of entity.

    The events of one entity are sent in the order in which they are published, so whoever publishes
    one must keep others from changing the entity until the transaction ends.

    Args:
        outbox: where they wait to be sent.
        channel: what they are about.
        event_id: makes the id that an event has whenever it is delivered.
        timestamp: the time now, ISO 8601.
    """

    def __init__(
        self,
        outbox: Outbox,
        channel: Channel,
        *,
        event_id: Callable[[], str] = _new_event_id,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        self._outbox = outbox
        self._channel = channel
        self._event_id = event_id
        self._timestamp = timestamp

    async def publish(
        self,
        connection: AsyncConnection,
        kind: str,
        entity_id: str,
        version: int,
        data: Mapping[str, Any],
    ) -> None:
        """Something happened to an entity, whose revision grew to this version."""
        message = encode(
            kind,
            {self._channel.id_field: entity_id},
            data,
            timestamp=self._timestamp(),
            event_id=self._event_id(),
            version=version,
            trace_id=current_trace_id(),
        )
        await self._outbox.add(connection, self._channel.name, message)


class UserEventPublisher(EventPublisher):
    """The design's UserEventPublisher."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        event_id: Callable[[], str] = _new_event_id,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        super().__init__(outbox, USER_EVENTS, event_id=event_id, timestamp=timestamp)

    async def user_created(
        self, connection: AsyncConnection, user_id: str, version: int, data: Mapping[str, Any]
    ) -> None:
        """A user is new."""
        await self.publish(connection, EventType.USER_CREATED, user_id, version, data)

    async def user_updated(
        self, connection: AsyncConnection, user_id: str, version: int, data: Mapping[str, Any]
    ) -> None:
        """A user has changed; `data` is all of it."""
        await self.publish(connection, EventType.USER_UPDATED, user_id, version, data)

    async def user_deleted(self, connection: AsyncConnection, user_id: str, version: int) -> None:
        """A user is gone; its version is the last one and 1."""
        await self.publish(connection, EventType.USER_DELETED, user_id, version, {"id": user_id})
