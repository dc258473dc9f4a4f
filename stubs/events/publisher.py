"""The design's UserEventPublisher, writing to the outbox instead of to Redis.

The design publishes after the write, fire and forget: a crash in between loses the event.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.events.connection import USER_EVENTS
from stubs.events.messages import EventType, UserEvent
from stubs.events.outbox import Outbox
from stubs.tracing import current_trace_id
from stubs.tracing.tracer import now_iso


def _new_event_id() -> str:
    return str(uuid.uuid4())


class UserEventPublisher:
    """Tells a user's change in the transaction that makes it."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        event_id: Callable[[], str] = _new_event_id,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        self._outbox = outbox
        self._event_id = event_id
        self._timestamp = timestamp

    async def user_created(
        self, connection: AsyncConnection, user_id: str, version: int, data: Mapping[str, Any]
    ) -> None:
        """A user is new."""
        await self._publish(connection, EventType.USER_CREATED, user_id, version, data)

    async def user_updated(
        self, connection: AsyncConnection, user_id: str, version: int, data: Mapping[str, Any]
    ) -> None:
        """A user has changed; `data` is all of it."""
        await self._publish(connection, EventType.USER_UPDATED, user_id, version, data)

    async def user_deleted(self, connection: AsyncConnection, user_id: str, version: int) -> None:
        """A user is gone; its version is the last one and 1."""
        await self._publish(connection, EventType.USER_DELETED, user_id, version, {"id": user_id})

    async def _publish(
        self,
        connection: AsyncConnection,
        kind: EventType,
        user_id: str,
        version: int,
        data: Mapping[str, Any],
    ) -> None:
        event = UserEvent(
            type=kind,
            user_id=user_id,
            data=dict(data),
            timestamp=self._timestamp(),
            event_id=self._event_id(),
            version=version,
            trace_id=current_trace_id(),
        )
        await self._outbox.add(connection, USER_EVENTS, event.encode())
