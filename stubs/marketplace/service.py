"""Operations of the marketplace on users' cards."""

from typing import Protocol

from seatrial.resilience import Lookup
from stubs.clients import UserProfile

_LONGEST_ID = 128


class UserLookup(Protocol):
    """Looks users up."""

    async def look_up_profile(self, user_id: str) -> Lookup[UserProfile]:
        """The user and where the answer comes from; the value is None when there is none.

        Raises:
            ServiceError: it can't be known.
        """


class CardService:
    """Users' cards."""

    def __init__(self, users: UserLookup) -> None:
        self._users = users

    async def card(self, user_id: str) -> bytes | None:
        """The card as JSON, see `schemas.Card`; None when there is no such user.

        Raises:
            ServiceError: it can't be known.
        """
        if len(user_id) > _LONGEST_ID or not user_id.isprintable():
            return None  # no id is like that
        found = await self._users.look_up_profile(user_id)
        if found.value is None:
            return None
        # Put together by hand: this is the path that load is aimed at.
        return b'{"user":%b,"source":"%b"}' % (found.value.wire, found.source.encode())
