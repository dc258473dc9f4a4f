"""Operations on users; each change and its event are one transaction."""

import re
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.database import Database
from stubs.events.publisher import UserEventPublisher
from stubs.user import store
from stubs.user.schemas import CreateUser, PatchUser, SharedUser

_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}", re.ASCII)


def _new_user_id() -> str:
    return str(uuid.uuid4())


class UserNotFoundError(Exception):
    """No user has this id."""


class UserService:
    """Users and their changes.

    Args:
        database: where they are kept.
        publisher: publishes their changes.
        committed: called after each change, so that its event is sent soon.
        new_id: makes the id of a new user.
    """

    def __init__(
        self,
        database: Database,
        publisher: UserEventPublisher,
        committed: Callable[[], None] = lambda: None,
        new_id: Callable[[], str] = _new_user_id,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._committed = committed
        self._new_id = new_id

    async def get(self, user_id: str) -> SharedUser:
        """The user with this id.

        Raises:
            UserNotFoundError: there is none, or it can't be an id.
        """
        _refuse_malformed(user_id)
        async with self._database.reading() as connection:
            return await _found(connection, user_id)

    async def get_all(self, user_ids: list[str]) -> list[SharedUser]:
        """The users with these ids, in no order; those that aren't known are left out."""
        possible = [user_id for user_id in user_ids if _ID.fullmatch(user_id)]
        async with self._database.reading() as connection:
            return await store.find_all(connection, possible)

    async def create(self, request: CreateUser) -> SharedUser:
        """Make a user.

        Raises:
            EmailTakenError: another user has the address.
        """
        user = SharedUser(id=self._new_id(), version=1, **request.model_dump())
        async with self._changing() as connection:
            await self._save_new(connection, user)
        return user

    async def change(self, user_id: str, request: PatchUser) -> SharedUser:
        """Change what the request names; nothing named changes nothing, and has no event.

        Raises:
            UserNotFoundError: there is none with this id.
            EmailTakenError: another user has the address.
        """
        changes = request.changes()
        if not changes:
            return await self.get(user_id)
        _refuse_malformed(user_id)
        async with self._changing() as connection:
            user = await _found(connection, user_id, to_change=True)
            changed = user.model_copy(update={**changes, "version": user.version + 1})
            await self._save_changed(connection, changed)
        return changed

    async def remove(self, user_id: str) -> None:
        """Delete a user.

        Raises:
            UserNotFoundError: there is none with this id.
        """
        _refuse_malformed(user_id)
        async with self._changing() as connection:
            user = await _found(connection, user_id, to_change=True)
            await store.leave_tombstone(connection, user_id, user.version + 1)
            await self._publisher.user_deleted(connection, user_id, user.version + 1)

    async def seed(self, user_id: str, request: CreateUser) -> SharedUser:
        """Put a user with an id of one's own there, whatever was there before; for tests and data.

        Raises:
            EmailTakenError: another user has the address.
            ValueError: it can't be an id.
        """
        if not _ID.fullmatch(user_id):
            raise ValueError(f"{user_id!r} can't be an id: 1 to 64 letters, digits or ._~-")
        async with self._changing() as connection:
            version = await store.last_version(connection, user_id) + 1
            lives = await store.find(connection, user_id) is not None
            user = SharedUser(id=user_id, version=version, **request.model_dump())
            if lives:
                await self._save_changed(connection, user)
            else:
                await self._save_new(connection, user)
        return user

    @asynccontextmanager
    async def _changing(self) -> AsyncGenerator[AsyncConnection]:
        async with self._database.writing() as connection:
            yield connection
        self._committed()

    async def _save_new(self, connection: AsyncConnection, user: SharedUser) -> None:
        await store.save(connection, user)
        await self._publisher.user_created(connection, user.id, user.version, user.event_data())

    async def _save_changed(self, connection: AsyncConnection, user: SharedUser) -> None:
        await store.save(connection, user)
        await self._publisher.user_updated(connection, user.id, user.version, user.event_data())


def _refuse_malformed(user_id: str) -> None:
    if not _ID.fullmatch(user_id):
        raise UserNotFoundError(user_id)


async def _found(
    connection: AsyncConnection, user_id: str, *, to_change: bool = False
) -> SharedUser:
    user = await store.find(connection, user_id, to_change=to_change)
    if user is None:
        raise UserNotFoundError(user_id)
    return user
