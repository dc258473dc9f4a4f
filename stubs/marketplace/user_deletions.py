"""User deletions: they close jobs and withdraw proposals."""

from collections.abc import Callable

from stubs.database import Database
from stubs.events import EventType, UserEvent
from stubs.marketplace import store
from stubs.tracing import Tracer
from stubs.tracing.tracer import now_iso

_LONGEST_USER_ID = 128
_LONGEST_EVENT_ID = 64


class UserDeletions:
    """Closes a deleted user's jobs and withdraws its proposals, once, however often it is handled.

    A row with the version of the newest event is the user's tombstone: a late event of an older
    version changes nothing. Only a user made again, with a version above it, is welcome again.

    Args:
        database: where jobs and proposals are.
        tracer: where it is written what was ended.
        now: the time now, ISO 8601.
    """

    def __init__(
        self, database: Database, tracer: Tracer, now: Callable[[], str] = now_iso
    ) -> None:
        self._database = database
        self._tracer = tracer
        self._now = now

    async def handle(self, event: UserEvent) -> None:
        """Do what the event calls for, in one transaction.

        Raises:
            DatabaseDown: it can't be done now.
        """
        if len(event.user_id) > _LONGEST_USER_ID or not event.user_id.isprintable():
            return  # nobody like that can have done something here
        gone = event.type is EventType.USER_DELETED
        if not gone and not await self._is_known(event.user_id):
            return  # nothing is kept of those who only live
        async with self._database.writing() as connection:
            row = await store.hold_user(connection, event.user_id)
            event_id = event.event_id[:_LONGEST_EVENT_ID]
            if event.version <= row.version or event_id == row.event_id:
                return
            await store.mark_user(connection, event.user_id, event.version, event_id, gone=gone)
            if not gone:
                return
            now = self._now()
            closed = await store.close_jobs(connection, event.user_id, now)
            withdrawn = await store.withdraw_proposals(connection, event.user_id, now)
        self._tracer.event(
            "user_deletion_applied",
            userId=event.user_id,
            jobsClosed=closed,
            proposalsWithdrawn=withdrawn,
        )

    async def _is_known(self, user_id: str) -> bool:
        async with self._database.reading() as connection:
            return await store.has_row(connection, user_id)
